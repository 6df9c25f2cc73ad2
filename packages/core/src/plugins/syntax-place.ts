import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How long Node may take to look for the line. */
const LOOK_MS = 5_000;

/** The first line of a stack, or of what Node prints, where it names the place of a syntax error. */
const PLACE = /^((?:file:\/\/)?\/.*):(\d+)$/m;

/**
 * `file:line` of a syntax error in a plugin, seen from a folder; undefined where nobody knows.
 * Of a module of its own kind Node tells the line only to those who ask for nothing but a check.
 */
export function syntaxPlace(error: unknown, path: string, dir: string): string | undefined {
  if (!(error instanceof Error) || error.name !== 'SyntaxError') return undefined;
  const [, file, line] = PLACE.exec(error.stack?.split('\n', 1)[0] ?? '') ?? PLACE.exec(checked(path)) ?? [];
  if (file === undefined) return undefined;
  return `${relative(dir, file.startsWith('file:') ? fileURLToPath(file) : file)}:${line}`;
}

function checked(path: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: LOOK_MS });
  return stderr ?? '';
}
