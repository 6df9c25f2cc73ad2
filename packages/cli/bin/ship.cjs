#!/usr/bin/env node
'use strict';
// CommonJS and by hand: the version is answered before anything else is loaded. All else lies in chunks, which are run
// with V8's code cache: it saves most of the time that compiling them takes. A cache of another Node is refused by V8 itself,
// and a new one is written where the folder allows it. One file with few functions, since this one has no cache.
const fs = require('node:fs');

const first = process.argv[2];
if (process.argv.length === 3 && (first === '--version' || first === '-V')) {
  print(`${require('../package.json').version}\n`);
} else {
  run();
}

function print(text) {
  try {
    fs.writeSync(1, text);
  } catch {
    // Nobody reads any more, or nobody yet: Node's own stream, which takes longer to make, knows what to do.
    process.stdout.write(text);
  }
}

function run() {
  const { Script } = require('node:vm');
  const dist = `${require('node:path').dirname(__dirname)}/dist`;
  // A run uses far more of the same code than a verb that looks something up, which would read all of that for nothing.
  const kind = first === undefined || first.startsWith('-') ? 'run' : 'verb';
  const cacheEnd = `.${kind}.${process.version}-${process.arch}.cache`;
  // Started with flags for V8, Node takes no cache but one made with the same: that would be of no use to the next start.
  const isPlain = process.execArgv.length === 0 && !process.env.NODE_OPTIONS;
  const chunks = new Map();

  // All are opened at once: a step may install the very package that runs it, and what rolls back must still be there, and be the same.
  for (const name of ['ship', 'ship-deploy', 'ship-end', 'ship-list', 'ship-rest'])
    chunks.set(name, { source: openOrNone(`${dist}/${name}.cjs`), cache: openOrNone(`${dist}/${name}${cacheEnd}`), moduleOf: undefined });

  if (chunks.get('ship').source === undefined) {
    process.stderr.write('ship: dist/ship.cjs is missing: run `npm run build` first\n');
    process.exitCode = 2;
  } else {
    requireFromChunk('ship#packages/cli/dist/tsc/main.js').main(process.argv.slice(2));
  }

  // Node's own `createRequire` takes longer: a chunk asks for builtins, for modules of other chunks, as `chunk#module`, and for what lies beside it.
  function requireFromChunk(name) {
    const end = name.indexOf('#');
    const chunk = end < 0 ? undefined : chunks.get(name.slice(0, end));
    if (chunk === undefined) return require(name.startsWith('./') ? `${dist}/${name}` : name);
    if (chunk.moduleOf === undefined) load(name.slice(0, end), chunk);
    return chunk.moduleOf(name.slice(end + 1));
  }

  // What throws rejects the promise.
  async function importFromChunk(name) {
    return chunks.has(name.slice(0, Math.max(0, name.indexOf('#')))) ? requireFromChunk(name) : import(name);
  }

  function load(name, chunk) {
    const filename = `${dist}/${name}.cjs`;
    const cachedData = chunk.cache === undefined ? undefined : contentOf(chunk.cache);
    const text = contentOf(chunk.source);
    // A chunk is a function in plain ASCII, which is read faster as what it is.
    const script = new Script(text.latin1Slice(0, text.length), { filename, cachedData });
    // In a moment, so that what runs at the exit on behalf of `main` is in the cache, too.
    if (isPlain && (cachedData === undefined || script.cachedDataRejected))
      queueMicrotask(() => process.once('exit', () => writeCache(script, `${dist}/${name}${cacheEnd}`)));
    script.runInThisContext()(requireFromChunk, (moduleOf) => (chunk.moduleOf = moduleOf), filename, dist, importFromChunk);
  }
}

function openOrNone(file) {
  try {
    return fs.openSync(file);
  } catch {
    return undefined;
  }
}

/** As `readFileSync` does for a file of known size, with less around it. */
function contentOf(file) {
  const bytes = Buffer.allocUnsafeSlow(fs.fstatSync(file).size);
  for (let read = 0; read < bytes.length; ) {
    const more = fs.readSync(file, bytes, read, bytes.length - read, read);
    if (more === 0) return bytes.subarray(0, read);
    read += more;
  }
  return bytes;
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
