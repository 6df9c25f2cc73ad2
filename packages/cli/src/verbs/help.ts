import type { Flags } from '../arguments.js';
import type { VerbHelp } from '../help.js';
import { openFromFlags } from '../open.js';

/** The verbs that the plugins of the config bring; none where there is no config, or none that can be read. */
export async function pluginVerbs(flags: Flags): Promise<Record<string, VerbHelp>> {
  try {
    const { commands } = (await openFromFlags(flags)).registry;
    return Object.fromEntries(
      commands.names().map((name) => {
        const { summary, usage } = commands.get(name)!;
        return [name, { usage: usage === undefined ? name : `${name} ${usage}`, summary }];
      }),
    );
  } catch {
    return {};
  }
}
