'use strict';
// Preloaded into ship: while there is a file `full` in its folder, nothing can be written to the state; `full-too`: nor to the
// spool beside it. What makes files shorter, moves or removes them works, as on a real disk that is full.
const fs = require('node:fs');
const { join } = require('node:path');

const { existsSync, readlinkSync, writeSync, writeFileSync, appendFileSync } = fs;
const cwd = process.cwd();
const isFull = (path) =>
  (path.startsWith(join(cwd, '.speckit/')) && existsSync(join(cwd, 'full'))) ||
  (path.startsWith(join(cwd, '.speckit-spool/')) && existsSync(join(cwd, 'full-too')));
const pathOf = (file) => (typeof file === 'number' ? readlinkSync(`/proc/self/fd/${file}`) : String(file));
const demandRoom = (file) => {
  if (isFull(pathOf(file))) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
};

fs.writeSync = (fd, ...rest) => {
  demandRoom(fd);
  return writeSync(fd, ...rest);
};
fs.writeFileSync = (file, ...rest) => {
  demandRoom(file);
  return writeFileSync(file, ...rest);
};
fs.appendFileSync = (file, ...rest) => {
  demandRoom(file);
  return appendFileSync(file, ...rest);
};
