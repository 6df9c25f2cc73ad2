// The beginning of `ship.cjs`, put there by `chunks.mjs`: it runs the chunks for `bin/ship.cjs`, and is in V8's code cache as that is not.
// FIRST_CHUNK stands for the function that the chunk is.
// biome-ignore lint/complexity/useArrowFunction: V8 compiles a function in brackets at once, and an arrow after it has read it once.
(function ({ first, scriptOf, chunks, dist, cacheEnd, require, importModule }) {
  run('ship', first, FIRST_CHUNK);
  requireFromChunk('ship#packages/cli/dist/tsc/main.js').main(process.argv.slice(2));

  // Node's own `createRequire` takes longer: a chunk asks for builtins, for modules of other chunks, as `chunk#module`, and for what lies beside it.
  function requireFromChunk(name) {
    const end = name.indexOf('#');
    const chunk = end < 0 ? undefined : chunks.get(name.slice(0, end));
    if (chunk === undefined) return require(name.startsWith('./') ? `${dist}/${name}` : name);
    if (chunk.moduleOf === undefined) load(name.slice(0, end));
    return chunk.moduleOf(name.slice(end + 1));
  }

  // What throws rejects the promise.
  async function importFromChunk(name) {
    return chunks.has(name.slice(0, Math.max(0, name.indexOf('#')))) ? requireFromChunk(name) : importModule(name);
  }

  function load(name) {
    const script = scriptOf(name);
    run(name, script, script.runInThisContext());
  }

  function run(name, script, chunk) {
    // In a moment, so that what runs at the exit on behalf of `main` is in the cache, too.
    if (script.cachedDataRejected !== false) queueMicrotask(() => process.once('exit', () => keepCache(name, script)));
    chunk(requireFromChunk, (moduleOf) => (chunks.get(name).moduleOf = moduleOf), `${dist}/${name}.cjs`, dist, importFromChunk);
  }

  function keepCache(name, script) {
    // Started with flags for V8, Node takes no cache but one made with the same: that would be of no use to the next start.
    if (process.execArgv.length > 0 || process.env.NODE_OPTIONS) return;
    try {
      const fs = require('node:fs');
      const temporary = `${dist}/${name}${cacheEnd}.${process.pid}.tmp`;
      fs.writeFileSync(temporary, script.createCachedData());
      fs.renameSync(temporary, `${dist}/${name}${cacheEnd}`);
    } catch {
      // A folder that belongs to somebody else: starts stay a little slower.
    }
  }
});
