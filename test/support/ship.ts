import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Report } from '@ship/core';
import { Ajv } from 'ajv';
import { onTestFinished } from 'vitest';

export const ROOT = resolve(import.meta.dirname, '../..');
export const SHIP = join(ROOT, 'packages/cli/bin/ship.cjs');

/** The head of a config with two environments. */
export const HEAD = 'version: 1\nproject: shop\nenvironments: { staging: {}, production: {} }\ndefault_environment: staging\n';

/** A config with one step, which makes a file and can be undone. */
export const DEPLOY = `${HEAD}steps:\n  - { id: one, run: echo 1 > one, undo: rm -f one }\n`;

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The lines of what a command printed. */
export const lines = ({ stdout }: Pick<Ended, 'stdout'>): string[] => stdout.trim().split('\n');

/** A temporary folder, removed when the test has finished: which one that is nobody knows where tests run side by side. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ship-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with a ship.yaml. */
export function project(config: string, files: Record<string, string> = {}): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries({ 'ship.yaml': config, ...files })) writeFileSync(join(folder, name), text);
  return folder;
}

/** The environment of a command under test: that of the tests, less what would colour or steer it. */
export function cleanEnv(env: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _f, NO_COLOR: _n, GITHUB_ACTIONS: _g, VITEST: _v, NODE_OPTIONS: _o, ...rest } = process.env;
  return { ...rest, ...env };
}

/** The variables that have ship killed at a moment of its life, such as `acted:2`: see `test/crash/crash-points.cjs`. */
export const crashAt = (point: string): Record<string, string> => ({
  SHIP_CRASH_AT: point,
  NODE_OPTIONS: `--require=${join(ROOT, 'test/crash/crash-at.cjs')}`,
});

/** Runs a program to its end. */
export function runProgram(
  argv: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string | undefined> },
): Promise<Ended> {
  const child = spawn(argv[0]!, argv.slice(1), { cwd, env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    ended.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    ended.stderr += chunk;
  });
  return new Promise((yes, no) => child.on('error', no).on('close', (code, signal) => yes({ code, signal, ...ended })));
}

/** Runs `ship` as a person would. */
export function ship(args: readonly string[], options: { cwd: string; env?: Record<string, string | undefined> }): Promise<Ended> {
  return runProgram([process.execPath, SHIP, ...args], options);
}

const isReport = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(join(ROOT, 'schemas/report.schema.json'), 'utf8')),
);

/** Runs `ship --json`, and reads its document, which must fit the published schema. */
export async function shipJson(
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string | undefined> },
): Promise<Ended & { report: Report }> {
  const ended = await ship([...args, '--json'], options);
  const report = JSON.parse(ended.stdout) as Report;
  if (!isReport(report)) throw new Error(`the report does not fit schemas/report.schema.json: ${JSON.stringify(isReport.errors)}`);
  return { ...ended, report };
}
