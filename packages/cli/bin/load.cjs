'use strict';
// Runs the chunks of the command with V8's code cache, which saves most of the time that compiling them takes.
// A cache of another Node is refused by V8 itself, and a new one is written where the folder allows it.
const fs = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const dist = join(__dirname, '..', 'dist');
/** How a chunk names a module of another one: `chunk#module`. */
const ELSEWHERE = /^(ship[a-z-]*)#(.*)$/;
// All are opened at once: a step may install the very package that runs it, and what rolls back must still be there, and be the same.
const files = new Map(['ship', 'ship-deploy', 'ship-list', 'ship-rest'].map((name) => [name, filesOf(name)]));
const chunks = new Map();
// Started with flags for V8, Node takes no cache but one made with the same: that would be of no use to the next start.
const isPlain = process.execArgv.length === 0 && !process.env.NODE_OPTIONS;

function filesOf(name) {
  const cacheFile = join(dist, `${name}.${process.version}-${process.arch}.cache`);
  return { source: openOrNone(join(dist, `${name}.cjs`)), cache: openOrNone(cacheFile), cacheFile };
}

function openOrNone(file) {
  try {
    return fs.openSync(file);
  } catch {
    return undefined;
  }
}

// Node's own `createRequire` takes longer: a chunk asks for builtins, for modules of other chunks, and for what lies beside it.
function requireFromChunk(name) {
  const [, chunk, id] = ELSEWHERE.exec(name) ?? [];
  if (chunk !== undefined) return chunkNamed(chunk)[id]();
  return require(name.startsWith('./') ? join(dist, name) : name);
}

const importFromChunk = (name) => (ELSEWHERE.test(name) ? new Promise((resolve) => resolve(requireFromChunk(name))) : import(name));

function chunkNamed(name) {
  if (!chunks.has(name)) load(name, join(dist, `${name}.cjs`), files.get(name));
  return chunks.get(name);
}

function load(name, filename, { source, cache, cacheFile }) {
  const cachedData = cache === undefined ? undefined : fs.readFileSync(cache);
  // A chunk is a function in plain ASCII, which is read faster as what it is.
  const script = new vm.Script(fs.readFileSync(source, 'latin1'), { filename, ...(cachedData ? { cachedData } : {}) });
  if (isPlain && (cachedData === undefined || script.cachedDataRejected)) process.once('exit', () => writeCache(script, cacheFile));
  script.runInThisContext()(requireFromChunk, (modules) => chunks.set(name, modules), filename, dist, importFromChunk);
}

function writeCache(script, file) {
  try {
    const temporary = `${file}.${process.pid}.tmp`;
    fs.writeFileSync(temporary, script.createCachedData());
    fs.renameSync(temporary, file);
  } catch {
    // A folder that belongs to somebody else: starts stay a little slower.
  }
}

if (files.get('ship').source === undefined) {
  process.stderr.write('ship: dist/ship.cjs is missing: run `npm run build` first\n');
  process.exitCode = 2;
} else {
  requireFromChunk('ship#packages/cli/dist/tsc/main.js').main(process.argv.slice(2));
}
