// Runs a chunk with V8's code cache, as bin/ship.cjs does, and ends it as the command ends: when nothing is left, at once.
// The first time it writes the cache, to the second argument. The rest of argv is the chunk's.
const fs = require('node:fs');
const { Script } = require('node:vm');

const [filename, cacheFile] = process.argv.splice(2, 2);
const room = Buffer.allocUnsafeSlow(1024 ** 2);
const text = contentOf(filename).latin1Slice();
const cachedData = contentOf(cacheFile);
const script = new Script(text, { filename, cachedData });
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
  for (let size = 0; ; ) {
    const more = fs.readSync(file, room, size, room.length - size, size);
    if (more === 0) return room.subarray(0, size);
    size += more;
  }
}
