import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject, PluginScope, RunContext } from '@ship/core';
import { testContext } from '@ship/testing';
import git, { type GitOptions } from '../src/index.js';

const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'init.defaultBranch=main', '-c', 'tag.gpgSign=false'];

export const folder = () => realpathSync(mkdtempSync(join(tmpdir(), 'git-')));

/** Runs git in a folder, and returns what it printed. */
export function run(dir: string, ...args: string[]): string {
  return execFileSync('git', [...identity, ...args], { cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/** A repository with one commit on `main`. */
export function repository(): string {
  const dir = folder();
  run(dir, 'init');
  writeFileSync(join(dir, 'file'), 'content\n');
  run(dir, 'add', '.');
  run(dir, 'commit', '-m', 'one');
  return dir;
}

/** What the plugin adds to a run in `dir`. Throws what it vetoes with. */
export async function facts(dir: string, options: GitOptions = {}, when?: JsonObject): Promise<Record<string, string>> {
  const context = runContext(dir, when);
  const taps: ((run: RunContext) => Promise<void>)[] = [];
  const hooks = { beforeRun: { tapPromise: (_name: string, tap: (run: RunContext) => Promise<void>) => taps.push(tap) } };
  await git.apply({ hooks, condition() {} } as unknown as PluginScope, options);
  for (const tap of taps) await tap(context);
  return context.facts;
}

/** As much of a run's context as the plugin needs. */
export function runContext(dir: string, when?: JsonObject): RunContext & { facts: Record<string, string> } {
  const found: Record<string, string> = {};
  return {
    ...testContext({ dir, environment: 'test' }),
    facts: found,
    plan: { steps: [{ id: 'a', ...(when && { when }) }] },
    fact(name: string, value: string) {
      found[name] = value;
    },
  } as unknown as RunContext & { facts: Record<string, string> };
}
