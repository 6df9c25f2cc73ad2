import { errors } from './errors.js';
import { projectFolder } from './normalize.js';
import { findConfig, isModule, readConfig } from './read.js';
import { type Dict, dictOf } from './values.js';
import type { Variables } from './variables.js';

/** What stands in a config, unchecked and with its variables as they are written, and the folder of the project. A module is refused. */
export async function peekConfig(search: { readonly cwd: string; readonly file?: string | undefined; readonly env: Variables }): Promise<{
  readonly dir: string;
  readonly value: Dict;
}> {
  const file = findConfig(search);
  if (isModule(file)) throw errors.SHIP_CONFIG_UNREADABLE({ file, reason: 'it is a module, which would be executed' });
  const { source } = await readConfig(file, search.cwd);
  return { dir: projectFolder(file), value: dictOf(source.value) };
}
