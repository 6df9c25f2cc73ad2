#!/usr/bin/env node
'use strict';
const fs = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');

const argv = process.argv.slice(2);
const bundle = join(__dirname, '../dist/ship.cjs');

if (argv.length === 1 && /^(-V|--version)$/.test(argv[0])) console.log(require('../package.json').version);
else if (!fs.existsSync(bundle)) {
  console.error('ship: dist/ship.cjs is missing: install ship again, or run `npm run build` where it is made');
  process.exitCode = 2;
} else if (argv.includes('-v') || argv.includes('--verbose')) {
  // Node maps the places in a stack trace to the sources only for modules that it loads itself.
  process.setSourceMapsEnabled(true);
  require(bundle).main(argv);
} else requireCached(bundle).main(argv);

/** As `require`, with V8's code cache: most of a start is compiling. */
function requireCached(filename) {
  const { Script } = require('node:vm');
  const { openCodeCache } = require('./code-cache.cjs');
  const source = fs.readFileSync(filename);
  const cache = openCodeCache(source);
  const text = `(function (exports, require, module, __filename, __dirname) {${source.latin1Slice()}\n})`;
  const script = new Script(text, { filename, cachedData: cache.data });
  if (script.cachedDataRejected !== false) process.once('exit', () => cache.keep(script));
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, dirname(filename));
  return module.exports;
}
