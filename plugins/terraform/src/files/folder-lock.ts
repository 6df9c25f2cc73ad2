import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bootId, type Context, isAlive, processStartTime } from '@ship/core';

const POLL_MS = 100;
const SAY_AFTER_MS = 3_000;

/**
 * Keeps others from a configuration while its files are those of another time. Many may work with the files as they are
 * (`shared`), on this machine, for any environment; one alone may change them (`exclusive`). Whoever dies lets go.
 *
 * Each says first what it wants, then looks at the others: of two at once at least one sees the other, and steps back.
 */
export async function lockFolder(ctx: Context, kind: 'shared' | 'exclusive'): Promise<() => void> {
  const folder = join(ctx.stateDir, 'terraform', 'at-work');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const own = [kind, process.pid, processStartTime(process.pid) ?? '', bootId(), Math.random()].map(encodeURIComponent).join(',');
  const mine = join(folder, own);
  const free = () => rmSync(mine, { force: true });
  const since = Date.now();
  let isSaid = false;
  for (;;) {
    writeFileSync(mine, '', { mode: 0o600 });
    const others = readdirSync(folder).filter((name) => name !== own && isHeld(join(folder, name)));
    const exclusive = others.filter((name) => name.startsWith('exclusive'));
    if ((kind === 'shared' ? exclusive : others).length === 0) return free;
    // Who waits for readers alone keeps its place, so that no more of them come.
    if (kind === 'shared' || exclusive.length > 0) free();
    if (!isSaid && Date.now() - since > SAY_AFTER_MS) {
      isSaid = true;
      ctx.log.info('waits until another ship has done its work with these files');
    }
    try {
      await pause(POLL_MS * (0.5 + Math.random()), undefined, { signal: ctx.signal });
    } catch {
      free();
      throw ctx.signal.reason;
    }
  }
}

/** Does whoever made it still live? What the dead have left is removed. */
function isHeld(path: string): boolean {
  const [, pid, started = '', boot_id] = basename(path).split(',').map(decodeURIComponent);
  if (isAlive({ pid: Number(pid), started, boot_id })) return true;
  rmSync(path, { force: true });
  return false;
}
