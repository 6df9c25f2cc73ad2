// Runs a chunk with V8's code cache, as bin/ship.cjs does, and ends it as the command ends: when nothing is left, at once.
// The first time it writes the cache, to the second argument. The rest of argv is the chunk's.
const fs = require('node:fs');
const { Script } = require('node:vm');

const [filename, cacheFile] = process.argv.splice(2, 2);
const cachedData = contentOf(cacheFile);
const text = contentOf(filename);
const script = new Script(text.latin1Slice(0, text.length), { filename, cachedData });
if (cachedData === undefined) process.once('exit', () => fs.writeFileSync(cacheFile, script.createCachedData()));
else if (script.cachedDataRejected) throw new Error('V8 takes its code cache for another one');
script.runInThisContext()(require, module, exports);
process.on('beforeExit', () => process.exit());

function contentOf(path) {
  let file;
  try {
    file = fs.openSync(path);
  } catch {
    return undefined;
  }
  const bytes = Buffer.allocUnsafeSlow(fs.fstatSync(file).size);
  fs.readSync(file, bytes, 0, bytes.length, 0);
  return bytes;
}
