import { errors } from '../errors/catalogue.js';
import type { Kernel } from '../kernel.js';
import type { CommandContext, Json } from '../types/index.js';
import { commandContext } from './command-context.js';

/** Runs `ship <name> ...` of a plugin. What it answers and prints is redacted. */
export async function pluginCommand(
  kernel: Kernel,
  name: string,
  args: readonly string[],
  told: Pick<CommandContext, 'signal' | 'print'>,
): Promise<Json> {
  const command = kernel.registry.commands.get(name);
  if (command === undefined) throw errors.SHIP_NAME_UNKNOWN({ kind: 'command', name, known: kernel.registry.commands.names() });
  const context = commandContext(kernel, `command ${name}`, told);
  return kernel.redactor.redactDeep((await command.run(context, args)) ?? null);
}
