#!/usr/bin/env node
'use strict';
// CommonJS and by hand: the version is answered before anything else is loaded. All else lies in chunks, which are run
// with V8's code cache: it saves most of the time that compiling them takes. A cache of another Node is refused by V8 itself,
// and a new one is written where the folder allows it. This file has no cache, so what can be done in a chunk is done
// there, by `scripts/chunk-loader.cjs`.
const fs = require('node:fs');

const first = process.argv[2];
if (process.argv.length === 3 && (first === '--version' || first === '-V')) {
  const text = `${require('../package.json').version}\n`;
  try {
    fs.writeSync(1, text);
  } catch {
    // Nobody reads any more, or nobody yet: Node's own stream, which takes longer to make, knows what to do.
    process.stdout.write(text);
  }
} else {
  const { Script } = require('node:vm');
  const dist = `${__dirname.slice(0, -'bin'.length)}dist`;
  // A run uses far more of the same code than a verb that looks something up, which would read all of that for nothing.
  const kind = first === undefined || first.startsWith('-') ? 'run' : 'verb';
  const cacheEnd = `.${kind}.${process.version}-${process.arch}.cache`;
  const chunks = new Map();
  // All are opened at once: a step may install the very package that runs it, and what rolls back must still be there, and be the same.
  for (const name of ['ship', 'ship-deploy', 'ship-end', 'ship-list', 'ship-rest']) {
    const files = [];
    for (const end of ['.cjs', cacheEnd]) {
      try {
        files.push(fs.openSync(`${dist}/${name}${end}`));
      } catch {
        files.push(undefined);
      }
    }
    chunks.set(name, { files, moduleOf: undefined });
  }

  // One for all: memory that a process has not touched yet costs more than what is read into it.
  let room = Buffer.allocUnsafeSlow(1024 ** 2);
  /** As `readFileSync`, with less around it: until the next one is read. */
  const contentOf = (file) => {
    for (let size = 0; ; ) {
      const more = fs.readSync(file, room, size, room.length - size, size);
      if (more === 0) return room.subarray(0, size);
      size += more;
      if (size === room.length) room = Buffer.concat([room, room]);
    }
  };
  const scriptOf = (name) => {
    const [file, cache] = chunks.get(name).files;
    if (file === undefined) {
      // At once: whoever caught an error would need the same chunk to say what it is.
      fs.writeSync(2, `ship: dist/${name}.cjs is missing: install ship again, or run \`npm run build\` where it is made\n`);
      process.exit(2);
    }
    // A chunk is in plain ASCII, which is read faster as what it is.
    const text = contentOf(file).latin1Slice();
    return new Script(text, { filename: `${dist}/${name}.cjs`, cachedData: cache && contentOf(cache) });
  };

  const loader = scriptOf('ship');
  loader.runInThisContext()({ first: loader, scriptOf, chunks, dist, cacheEnd, require, importModule: (name) => import(name) });
}
