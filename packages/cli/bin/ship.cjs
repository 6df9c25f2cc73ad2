#!/usr/bin/env node
'use strict';
// CommonJS and by hand: the version is answered before anything else is loaded.
const first = process.argv[2];
if (process.argv.length === 3 && (first === '--version' || first === '-V')) {
  process.stdout.write(`${require('../package.json').version}\n`);
} else {
  require('./load.cjs');
}
