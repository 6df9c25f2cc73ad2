import { relative, sep } from 'node:path';
import type { Context } from '@ship/core';
import { status } from './commands.js';
import { git } from './git.js';
import { findRepository } from './repository.js';

/** The files that differ from the last commit. The state of ship itself does not count. */
export async function changedFiles(ctx: Context): Promise<readonly string[]> {
  const top = findRepository(ctx.dir)?.top ?? ctx.dir;
  const state = relative(top, ctx.stateDir).split(sep).join('/');
  const inside = state !== '' && !state.startsWith('../');
  return parseStatus(await git(ctx, status(inside ? state : undefined)));
}

/** Reads `status --porcelain=v1 -z`. After a rename stands the old name, which is no change of its own. */
export function parseStatus(text: string): string[] {
  const entries = text.split('\0').filter(Boolean);
  const files: string[] = [];
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    files.push(entry.slice(3));
    if (/^(?:[RC]|.[RC])/.test(entry)) i++;
  }
  return files;
}
