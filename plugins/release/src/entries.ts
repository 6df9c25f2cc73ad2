import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The programs that outlive `ship`; each is a file of its own. */
export type EntryName = 'supervisor' | 'front';

/** The variables by which a front, and a supervisor, is found where its record is gone: their value is the root. */
export const FRONT_MARK = 'SHIP_FRONT_ROOT';
export const ROOT_MARK = 'SHIP_RELEASE_ROOT';
/** The variable by which everything that one of them starts is found again. */
export const TOKEN_MARK = 'SHIP_RELEASE_TOKEN';

/** Where the program stands: beside this module, or in `dist` when this module is read from its source. */
export function entryPath(name: EntryName): string {
  const beside = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
}
