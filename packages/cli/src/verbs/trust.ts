import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findConfig, trustedPaths, writeTrusted } from '@ship/config';
import type { Report } from '@ship/core';
import { emptyReport } from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import type { Terminal } from '../terminal.js';

/** `ship trust [FOLDER]`: configs and plugins of somebody else that are read all the same. No config is read for it. */
export function trust(terminal: Terminal, flags: Flags, [given, ...more]: readonly string[]): Report {
  if (more.length > 0 || (flags.list && given !== undefined))
    throw errors.SHIP_USAGE({
      problem: `\`ship trust\` takes no ${JSON.stringify(more[0] ?? given)}`,
      hint: 'It is `ship trust [FOLDER]`, `ship trust --remove [FOLDER]` or `ship trust --list`.',
    });
  if (flags.list) return answer(terminal, trustedPaths(process.env));
  return flags.remove ? remove(terminal, given ?? '.') : add(terminal, given ?? folderOfConfig());
}

function add(terminal: Terminal, given: string): Report {
  const path = resolve(given);
  if (!existsSync(path)) throw errors.SHIP_USAGE({ problem: `there is no ${path} to trust`, hint: 'Name a folder, or one file.' });
  const real = realpathSync(path);
  const trusted = trustedPaths(process.env);
  const file = trusted.includes(real) ? undefined : writeTrusted([...trusted, real], process.env);
  terminal.line(`${terminal.paint.green('✓')} ${real} is trusted${file === undefined ? ' already' : `, by ${file}`}`);
  return answer(undefined, trustedPaths(process.env));
}

function remove(terminal: Terminal, given: string): Report {
  const path = resolve(given);
  const real = existsSync(path) ? realpathSync(path) : path;
  const trusted = trustedPaths(process.env);
  const left = trusted.filter((each) => each !== real && each !== path);
  if (left.length === trusted.length) terminal.line(`${real} is not on the list`);
  else terminal.line(`${terminal.paint.green('✓')} ${real} is not trusted any more, by ${writeTrusted(left, process.env)}`);
  return answer(undefined, left);
}

function answer(terminal: Terminal | undefined, trusted: readonly string[]): Report {
  for (const each of trusted) terminal?.line(each);
  if (trusted.length === 0) terminal?.line('Nothing of somebody else is trusted.');
  return { ...emptyReport('trust', new Date()), result: { trusted: [...trusted] } };
}

/** Where the config lies that would be read from here; this folder where there is none. */
function folderOfConfig(): string {
  try {
    return dirname(findConfig({ cwd: process.cwd(), env: { ...process.env, SHIP_TRUST: '*' } })).replace(/\/\.speckit$/, '');
  } catch {
    return process.cwd();
  }
}
