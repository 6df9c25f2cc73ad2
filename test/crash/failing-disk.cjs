'use strict';
// Preloaded into ship: the nth write or flush of a state file fails, and the disk stays so. What happens is told in
// the file `acted`, to which the steps write, too. What of the journal a flush has brought to the disk is told in
// `flushed.jsonl`: a command that was started before the fault may speak after it, and its intent stands there.
const fs = require('node:fs');
const { join } = require('node:path');

const { FAULT, FAULT_AT } = process.env;
const { appendFileSync, fstatSync, readFileSync, readlinkSync, writeFileSync, writeSync } = fs;
const acted = join(process.cwd(), 'acted');
const pathOf = (fd) => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
};
const isState = (fd) => pathOf(fd).includes('/.speckit');
let calls = 0;
let broken = false;

/** Is this the call that fails, or one after it? */
function fails(fd) {
  if (!isState(fd)) return false;
  calls += 1;
  if (!broken && calls !== Number(FAULT_AT)) return false;
  if (!broken) appendFileSync(acted, 'FAULT\n');
  broken = true;
  return true;
}

const failure = (call) => Object.assign(new Error(`${call} failed, as it was told to`), { code: FAULT === 'short' ? 'ENOSPC' : FAULT });

fs.writeSync = (fd, data, offset, length, position) => {
  const wasBroken = broken;
  if (!fails(fd)) return writeSync(fd, data, offset, length, position);
  // A full disk takes a part of what it is given without an error, and nothing after that.
  if (FAULT === 'short' && !wasBroken && typeof length === 'number' && length > 1)
    return writeSync(fd, data, offset, length >> 1, position);
  throw failure('write');
};
for (const name of ['fdatasyncSync', 'fsyncSync']) {
  const real = fs[name];
  fs[name] = (fd) => {
    if (fails(fd)) throw failure(name);
    return real(fd);
  };
}
const { fdatasync, fsync } = fs;
fs.fsync = (fd, done) => (fails(fd) ? process.nextTick(done, failure('fsync')) : fsync(fd, done));
let journal;
let flushed = 0;
fs.fdatasync = (fd, done) => {
  if (fails(fd)) return process.nextTick(done, failure('fdatasync'));
  const path = pathOf(fd);
  if (!path.endsWith('/journal.jsonl')) return fdatasync(fd, done);
  const { size } = fstatSync(fd);
  fdatasync(fd, (error) => {
    if (!error) [journal, flushed] = [path, size];
    done(error);
  });
};
process.on('exit', () => {
  appendFileSync(acted, `CALLS ${calls}\n`);
  writeFileSync(join(process.cwd(), 'flushed.jsonl'), journal ? readFileSync(journal).subarray(0, flushed) : '');
});
