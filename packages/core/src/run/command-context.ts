import type { Kernel } from '../kernel.js';
import type { CommandContext, Snapshot } from '../types/index.js';
import { describeComponents } from './describe.js';
import { idleContext } from './idle-context.js';
import { compareParts } from './parts.js';
import { neededSnapshots } from './past-run.js';

/** What commands and examinations of plugins are given. What they print is redacted. */
export function commandContext(kernel: Kernel, name: string, { signal, print }: Pick<CommandContext, 'signal' | 'print'>): CommandContext {
  const idle = idleContext(kernel, name, signal);
  return {
    ...idle,
    config: kernel.config,
    components: kernel.config.components,
    print: (text: string) => print(kernel.redactor.redact(text)),
    describeComponents: async () => kernel.redactor.refer(await describeComponents(kernel, Object.values(kernel.config.components), idle)),
    compareParts: (snapshot: Snapshot) => compareParts(kernel, snapshot, idle),
    neededSnapshots: () => neededSnapshots(kernel),
  };
}
