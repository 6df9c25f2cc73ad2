import type { PluginScope, StepContext } from '@ship/core';
import { type TestContext, testContext } from '@ship/testing';
import shell from '../src/index.js';

/** A context in a folder of its own, with what was handed to it. */
export const context = (over: Partial<StepContext> = {}): TestContext =>
  testContext({
    step: { id: 'build', uses: 'shell/run', attempt: 2 },
    redact: (text) => text.replaceAll('s3cret', '[redacted]'),
    ...over,
  });

/** What the plugin registers, by kind. */
export function registered(): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const keep = (kind: string) => (name: string, value: unknown) => {
    found[`${kind} ${name}`] = value;
  };
  shell.apply({ action: keep('action'), check: keep('check'), condition: keep('condition') } as unknown as PluginScope, {});
  return found;
}
