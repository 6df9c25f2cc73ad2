import { errors } from '../errors/catalogue.js';
import type { Kernel } from '../kernel.js';
import type { CommandContext, Json } from '../types/index.js';
import { commandContext } from './command-context.js';

/** Runs `ship <name> ...` of a plugin. What it answers and prints is redacted; where nobody reads the answer, there is none. */
export async function pluginCommand(
  kernel: Kernel,
  name: string,
  args: readonly string[],
  { isAnswered, ...told }: Pick<CommandContext, 'signal' | 'print'> & { readonly isAnswered: boolean },
): Promise<Json> {
  const command = kernel.registry.commands.get(name);
  if (command === undefined) throw errors.SHIP_NAME_UNKNOWN({ kind: 'command', name, known: kernel.registry.commands.names() });
  const context = commandContext(kernel, `command ${name}`, told);
  const answer = await command.run(context, args);
  if (!isAnswered) return null;
  return kernel.redactor.redactDeep((typeof answer === 'function' ? answer() : answer) ?? null);
}
