'use strict';
// V8's code cache, in the user's cache folder. Whatever is wrong with it, ship works without: nothing here throws.
const fs = require('node:fs');
const { dirname } = require('node:path');
const { crc32 } = require('node:zlib');

/** The cache of a program, if there is one, and how to keep another. */
exports.openCodeCache = (source) => {
  const { XDG_CACHE_HOME, HOME, NODE_OPTIONS } = process.env;
  const home = [XDG_CACHE_HOME, `${HOME}/.cache`].find((path) => path?.startsWith('/'));
  if (home === undefined) return { data: undefined, keep() {} };
  const folder = `${home}/ship`;
  // V8 itself takes the cache of another text that is as long, crashes on a damaged one, and refuses one that was made with other flags.
  const key = crc32(`${process.execArgv} ${NODE_OPTIONS}`, crc32(source));
  const file = `${folder}/${process.version}-${process.arch}-${key.toString(16)}.code`;
  return {
    data: attempt(() => read(folder, file, key)),
    keep: (script) => void attempt(() => keep(folder, file, key, script)),
  };
};

function read(folder, file, key) {
  if (!isOurs(folder) || !isOurs(file)) return undefined;
  const content = fs.readFileSync(file);
  const data = content.subarray(0, -4);
  return crc32(data, key) === content.readUInt32LE(data.length) ? data : undefined;
}

function keep(folder, file, key, script) {
  // Not recursive: a home that is not there is not made.
  for (const path of [dirname(folder), folder]) attempt(() => fs.mkdirSync(path, { mode: 0o700 }));
  if (!isOurs(folder)) return;
  const data = script.createCachedData();
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(data, key));
  const temporary = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(temporary, Buffer.concat([data, sum]), { mode: 0o600 });
    fs.renameSync(temporary, file);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/** Belongs to this user, and nobody else may write it. */
function isOurs(path) {
  const { uid, mode } = fs.lstatSync(path);
  return uid === process.getuid() && (mode & 0o022) === 0;
}

function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}
