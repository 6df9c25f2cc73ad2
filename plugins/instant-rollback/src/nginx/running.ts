import { readFileSync } from 'node:fs';
import { errors } from '../errors.js';

/** A flag that nobody looks at would be read back as set, and switch nothing: nginx must run, and its config look there. */
export function refuseBlind({ config, flags }: { readonly config: string; readonly flags: string }, text: string): void {
  const looks = text.split(flags).slice(1);
  // Not a folder whose name only begins alike.
  if (looks.every((rest) => /^[\w.-]/.test(rest))) throw errors.SHIP_ROUTER_BLIND({ config, flags });
  const file = /^\s*pid\s+"?(\/[^\s;"]+)"?\s*;/m.exec(text)?.[1];
  // Without a line `pid` the file is where the build of nginx has it, and nobody here knows.
  if (file === undefined || isRunning(file)) return;
  throw errors.SHIP_ROUTER_UNREACHABLE({ router: 'nginx', where: file, reason: 'it does not run' });
}

function isRunning(pidFile: string): boolean {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').trim());
    // The test of a config makes an empty file.
    if (!Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Whatever may not be read or signalled is somebody else's, and there.
    return !['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
