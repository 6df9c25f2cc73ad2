import { errors } from '../errors/catalogue.js';
import type { Kernel } from '../kernel.js';
import type { Json, Snapshot } from '../types/index.js';
import { describeComponents } from './describe.js';
import { idleContext } from './idle-context.js';
import { compareParts } from './parts.js';
import { neededSnapshots } from './past-run.js';

/** Runs `ship <name> ...` of a plugin. What it answers and prints is redacted. */
export async function pluginCommand(
  kernel: Kernel,
  name: string,
  args: readonly string[],
  { signal, print }: { signal: AbortSignal; print(line: string): void },
): Promise<Json> {
  const command = kernel.registry.commands.get(name);
  if (command === undefined) throw errors.SHIP_NAME_UNKNOWN({ kind: 'command', name, known: kernel.registry.commands.names() });
  const idle = idleContext(kernel, `command ${name}`, signal);
  const context = {
    ...idle,
    config: kernel.config,
    components: kernel.config.components,
    print: (line: string) => print(kernel.redactor.redact(line)),
    describeComponents: async () => kernel.redactor.refer(await describeComponents(kernel, Object.values(kernel.config.components), idle)),
    compareParts: (snapshot: Snapshot) => compareParts(kernel, snapshot, idle),
    neededSnapshots: () => neededSnapshots(kernel),
  };
  return kernel.redactor.redactDeep((await command.run(context, args)) ?? null);
}
