// Runs a bundle with V8's code cache, as bin/ship.cjs does, and ends it as the command ends: when nothing is left, at once.
// The first time it writes the cache, to the second argument. The rest of argv is the bundle's.
const fs = require('node:fs');
const { Script } = require('node:vm');

const [filename, cacheFile] = process.argv.splice(2, 2);
const cachedData = fs.existsSync(cacheFile) ? fs.readFileSync(cacheFile) : undefined;
const text = `(function (require, module, exports) {${fs.readFileSync(filename, 'utf8')}\n})`;
const script = new Script(text, { filename, cachedData });
if (cachedData === undefined) process.once('exit', () => fs.writeFileSync(cacheFile, script.createCachedData()));
else if (script.cachedDataRejected) throw new Error('V8 takes its code cache for another one');
script.runInThisContext()(require, module, exports);
process.on('beforeExit', () => process.exit());
