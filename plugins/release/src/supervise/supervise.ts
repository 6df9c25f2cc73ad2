import { rmSync } from 'node:fs';
import { takeClaim } from '../base/claim.js';
import { readJson, writeJson } from '../base/files.js';
import { identityOf } from '../base/identity.js';
import { layoutOf } from '../layout.js';
import type { ProcessRecord, Release } from '../records.js';
import { rotatingLog } from './log.js';
import { type Keep, keepRunning } from './restart.js';
import { commandOf, environmentFor } from './service.js';

/** Takes the start that `token` names and keeps the release running until SIGTERM. */
export async function supervise(root: string, id: string, token: string): Promise<void> {
  process.umask(0o077);
  const layout = layoutOf(root);
  const me = identityOf(process.pid);
  const claim = layout.claim(id, token);
  if (!me || !takeClaim(claim, me)) return;
  const record = await readJson<ProcessRecord>(layout.process(id));
  const release = await readJson<Release>(layout.releaseFile(id));
  if (record?.token !== token || !release) return rmSync(claim, { force: true });
  const log = rotatingLog(layout.log(id));
  const keep = keeper(layout.process(id), { ...record, supervisor: me, service: null }, log.note);
  await keep({});
  await keepRunning({ command: commandOf(release), cwd: layout.app(id), env: environmentFor(release, record), log, keep });
}

// A full disk must not end a service that runs: the record may be late, the log says so.
function keeper(path: string, start: ProcessRecord, note: (line: string) => void): Keep {
  let record = start;
  let writing = Promise.resolve();
  return (change) => {
    record = { ...record, ...change };
    const text = record;
    writing = writing.then(() => writeJson(path, text)).catch((error) => note(`cannot write ${path}: ${error.message}`));
    return writing;
  };
}
