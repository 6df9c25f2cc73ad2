// Runs a bundle with V8's code cache, as the command is run; the first time it writes that beside it. The rest of argv is the bundle's.
const fs = require('node:fs');
const vm = require('node:vm');

const [filename] = process.argv.splice(2, 1);
const cacheFile = `${filename}.cache`;
const cachedData = fs.existsSync(cacheFile) ? fs.readFileSync(cacheFile) : undefined;
const text = `(function (require, module, exports) {${fs.readFileSync(filename, 'latin1')}\n})`;
const script = new vm.Script(text, { filename, cachedData });
if (cachedData === undefined) process.once('exit', () => fs.writeFileSync(cacheFile, script.createCachedData()));
else if (script.cachedDataRejected) throw new Error('V8 takes its code cache for another one');
script.runInThisContext()(require, module, exports);
