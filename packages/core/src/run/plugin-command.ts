import { errors } from '../errors/catalogue.js';
import type { Kernel } from '../kernel.js';
import type { Json } from '../types/index.js';
import { idleContext } from './idle-context.js';

/** Runs `ship <name> ...` of a plugin. What it answers and prints is redacted. */
export async function pluginCommand(
  kernel: Kernel,
  name: string,
  args: readonly string[],
  { signal, print }: { signal: AbortSignal; print(line: string): void },
): Promise<Json> {
  const command = kernel.registry.commands.get(name);
  if (command === undefined) throw errors.SHIP_NAME_UNKNOWN({ kind: 'command', name, known: kernel.registry.commands.names() });
  const context = {
    ...idleContext(kernel, `command ${name}`, signal),
    components: kernel.config.components,
    print: (line: string) => print(kernel.redactor.redact(line)),
  };
  return kernel.redactor.redactDeep((await command.run(context, args)) ?? null);
}
