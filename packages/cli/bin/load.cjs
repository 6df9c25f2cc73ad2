'use strict';
// Runs the bundle with V8's code cache, which saves most of the time that compiling it takes.
// A cache of another Node is refused by V8 itself, and a new one is written where the folder allows it.
const fs = require('node:fs');
const { join, dirname } = require('node:path');
const vm = require('node:vm');

const bundle = join(__dirname, '..', 'dist', 'ship.cjs');
const cacheFile = join(dirname(bundle), `ship.${process.version}-${process.arch}.cache`);

function readCache() {
  try {
    return fs.readFileSync(cacheFile);
  } catch {
    return undefined;
  }
}

function writeCache(script) {
  try {
    const temporary = `${cacheFile}.${process.pid}.tmp`;
    fs.writeFileSync(temporary, script.createCachedData());
    fs.renameSync(temporary, cacheFile);
  } catch {
    // A folder that belongs to somebody else: starts stay a little slower.
  }
}

function load() {
  let source;
  try {
    // The bundle is plain ASCII, which is read faster as what it is.
    source = fs.readFileSync(bundle, 'latin1');
  } catch {
    process.stderr.write('ship: dist/ship.cjs is missing: run `npm run build` first\n');
    process.exitCode = 2;
    return;
  }
  const cachedData = readCache();
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname, importModuleFromLoader) {${source}\n})`, {
    filename: bundle,
    ...(cachedData ? { cachedData } : {}),
  });
  const module_ = { exports: {} };
  const requireFromBundle = require('node:module').createRequire(bundle);
  script
    .runInThisContext()
    .call(module_.exports, module_.exports, requireFromBundle, module_, bundle, dirname(bundle), (url) => import(url));
  // Started with flags for V8, Node takes no cache but one made with the same: that would be of no use to the next start.
  const plain = process.execArgv.length === 0 && !process.env.NODE_OPTIONS;
  const stale = plain && (cachedData === undefined || script.cachedDataRejected);
  if (process.env.SHIP_BUILD_CACHE || stale) process.once('exit', () => writeCache(script));
  module_.exports.main(process.argv.slice(2));
}

load();
