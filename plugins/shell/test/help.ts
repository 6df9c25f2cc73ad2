import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output, PluginScope, StepContext } from '@ship/core';
import shell from '../src/index.js';

/** A context in a folder of its own, with what was handed to it. */
export function context(over: Partial<StepContext> = {}): StepContext & { outputs: Output[] } {
  const outputs: Output[] = [];
  const dir = mkdtempSync(join(tmpdir(), 'shell-'));
  return {
    run: 'run-1',
    project: 'shop',
    environment: 'staging',
    dir,
    stateDir: join(dir, '.speckit'),
    signal: new AbortController().signal,
    log: { debug() {}, info() {}, warn() {} },
    facts: {},
    step: { id: 'build', uses: 'shell/run', attempt: 2 },
    output: (output) => outputs.push(output),
    redact: (text) => text.replaceAll('s3cret', '[redacted]'),
    spawned() {},
    created: async () => {},
    outputs,
    ...over,
  };
}

/** What the plugin registers, by kind. */
export function registered(): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const keep = (kind: string) => (name: string, value: unknown) => {
    found[`${kind} ${name}`] = value;
  };
  shell.apply({ action: keep('action'), check: keep('check'), condition: keep('condition') } as unknown as PluginScope, {});
  return found;
}
