#!/usr/bin/env node
'use strict';
// CommonJS and by hand: the version is answered before anything else is loaded.
const first = process.argv[2];
if (process.argv.length === 3 && (first === '--version' || first === '-V')) {
  print(`${require('../package.json').version}\n`);
} else {
  require('./load.cjs');
}

function print(text) {
  try {
    require('node:fs').writeSync(1, text);
  } catch {
    // Nobody reads any more, or nobody yet: Node's own stream, which takes longer to make, knows what to do.
    process.stdout.write(text);
  }
}
