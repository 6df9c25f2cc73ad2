'use strict';
// Preloaded into a holder of a lease: it is stopped in the last moment before it writes a heartbeat, once.
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const { writeFileSync } = fs;
let stopped = false;
fs.writeFileSync = (path, ...rest) => {
  if (String(path).includes('heartbeat') && !stopped) {
    stopped = true;
    process.kill(process.pid, 'SIGSTOP');
  }
  return writeFileSync(path, ...rest);
};
syncBuiltinESMExports();
