import { pathToFileURL } from 'node:url';
import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import { Mistakes } from './mistakes.js';
import type { Parsed } from './parse.js';
import { plainProblem, toPlain } from './plain.js';
import { sourceWithoutPositions } from './source.js';

/** How a module is loaded; Node's own `import` unless a test says otherwise. */
export type Importer = (url: string) => Promise<{ readonly default?: unknown }>;

const nativeImport: Importer = (url) => import(/* @vite-ignore */ url);

/** Reads a config that is a module: its default export, which must be plain data. */
export async function readModule(file: string, shown: string, load: Importer = nativeImport): Promise<Parsed> {
  const exported = await loadDefault(file, shown, load);
  const problem = plainProblem(exported);
  if (problem !== undefined) throw errors.SHIP_CONFIG_MODULE_FAILED({ file: shown, reason: problem });
  return { source: sourceWithoutPositions(file, shown, toPlain(exported)), mistakes: new Mistakes(shown) };
}

async function loadDefault(file: string, shown: string, load: Importer): Promise<unknown> {
  try {
    return await (await load(pathToFileURL(file).href)).default;
  } catch (error) {
    throw loadError(error, shown);
  }
}

function loadError(error: unknown, shown: string): ShipError {
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return errors.SHIP_CONFIG_TYPESCRIPT({ file: shown, node: process.versions.node }, { cause: error });
  }
  const reason = error instanceof Error ? error.message.split('\n')[0]! : 'it threw something that is not an error';
  return errors.SHIP_CONFIG_MODULE_FAILED({ file: shown, reason }, { cause: error });
}
