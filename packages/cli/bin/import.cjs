'use strict';
// For the bundle: a script that V8 takes out of a code cache has no `import()` of its own on Node 20.
module.exports = (url) => import(url);
