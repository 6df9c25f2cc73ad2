import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive } from '@ship/core';
import type { Identity } from './identity.js';

/** Who holds a start: the process that was started, or the one that called the start off. */
export type Claim = Identity | { readonly cancelled: true };

/**
 * Takes a start, whole or not at all. A starter and somebody who cleans up after its death may both try;
 * one wins, so no process comes up after it was called off.
 */
export function takeClaim(path: string, claim: Claim): boolean {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(temporary, JSON.stringify(claim), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return inherits(path) && replace(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The holder of a start; `undefined` where nobody took it. */
function readClaim(path: string): Claim | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Claim;
  } catch {
    return undefined;
  }
}

/** The process that took the start. */
export function holder(path: string): Identity | undefined {
  const claim = readClaim(path);
  return claim && 'pid' in claim ? claim : undefined;
}

// systemd starts a daemon again with the words of the first time: it takes the place of the dead one.
function inherits(path: string): boolean {
  const before = holder(path);
  return before !== undefined && !isAlive(before);
}

function replace(temporary: string, path: string): true {
  renameSync(temporary, path);
  return true;
}
