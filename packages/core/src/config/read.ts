import { readFileSync, statSync } from 'node:fs';
import { basename, relative, sep } from 'node:path';
import { errors } from '../errors/catalogue.js';
import type { Parsed } from './parse.js';
import { PACKAGE_KEY } from './places.js';

/** The largest file that is read. */
const MOST_BYTES = 1024 * 1024;

const MODULES = ['.ts', '.mts', '.mjs', '.js'];

/** Reads a config file of any kind. */
export async function readConfig(file: string, cwd: string): Promise<Parsed> {
  const shown = shortPath(file, cwd);
  if (MODULES.some((ending) => file.endsWith(ending))) {
    const { readModule } = await import('./module.js');
    return readModule(file, shown);
  }
  const text = readText(file, shown);
  const { parseText } = await import('./parse.js');
  return parseText({ file, shown, text, root: basename(file) === 'package.json' ? [PACKAGE_KEY] : [] });
}

/** A path as people see it: relative where the file is in or below the folder. */
function shortPath(file: string, cwd: string): string {
  const folder = `${cwd}${sep}`;
  const short = file.startsWith(folder) ? file.slice(folder.length) : relative(cwd, file);
  return short === '' || short.startsWith('..') ? file : short;
}

function readText(file: string, shown: string): string {
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES) throw errors.SHIP_CONFIG_TOO_LARGE({ file: shown, bytes: size, limit: MOST_BYTES });
    return readUtf8(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code.startsWith('SHIP_')) throw error;
    const reason = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : `${code}`;
    throw errors.SHIP_CONFIG_UNREADABLE({ file: shown, reason }, { cause: error });
  }
}

const BYTE_ORDER_MARK = '\uFEFF';
/** What Node puts in the place of bytes that are no text. */
const REPLACEMENT = '\uFFFD';

/** As a strict `TextDecoder` reads it, which is asked only where Node may have replaced something: to load it takes a while. */
function readUtf8(file: string): string {
  const text = readFileSync(file, 'utf8');
  if (text.includes(REPLACEMENT)) return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}
