'use strict';
// Preloaded into ship: the process is killed at a moment of its life, exactly as a crash would. `SHIP_CRASH_AT=acted:2` is
// the second time that it passes `acted`. The moments are seen from outside: what is written to the journal, what of it a
// flush has brought to the disk, and a process that was started.
const fs = require('node:fs');
const children = require('node:child_process');
const { CRASH_POINTS } = require('./crash-points.cjs');

const [armed, nth = '1'] = (process.env.SHIP_CRASH_AT ?? '').split(':');
// A thread of ship, such as the one that finds its packages, is preloaded, too.
if (armed !== '') arm(CRASH_POINTS[armed]);
// What ship starts is not to be killed.
delete process.env.SHIP_CRASH_AT;
delete process.env.NODE_OPTIONS;

function arm({ when, what }) {
  let left = Number(nth);

  const crash = () => {
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
  const isJournal = (fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`).endsWith('/journal.jsonl');
    } catch {
      return false;
    }
  };
  /** Each entry of a batch that is what is waited for; a batch itself where nothing is named. */
  const pass = (moment, entries) => {
    if (moment !== when) return;
    if (what === undefined) crash();
    else for (const entry of entries) if (what(entry)) crash();
  };

  const { writeSync, fdatasyncSync, fdatasync } = fs;
  const unflushed = [];
  fs.writeSync = (fd, data, ...rest) => {
    // The zeros of room that is made beforehand are no entries.
    const entries =
      Buffer.isBuffer(data) && data[0] === 0x7b && isJournal(fd)
        ? String(data)
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
        : [];
    if (entries.length > 0) pass('write', entries);
    const written = writeSync(fd, data, ...rest);
    if (entries.length > 0) pass('written', entries);
    unflushed.push(...entries);
    return written;
  };
  const flushed = (entries) => {
    if (entries.length > 0) pass('synced', entries);
  };
  fs.fdatasyncSync = (fd) => {
    const entries = isJournal(fd) ? unflushed.splice(0) : [];
    fdatasyncSync(fd);
    flushed(entries);
  };
  fs.fdatasync = (fd, done) => {
    const entries = isJournal(fd) ? unflushed.splice(0) : [];
    fdatasync(fd, (error) => {
      if (!error) flushed(entries);
      done(error);
    });
  };
  const { spawn } = children;
  children.spawn = (...given) => {
    const child = spawn(...given);
    pass('spawned', [given]);
    return child;
  };
}
