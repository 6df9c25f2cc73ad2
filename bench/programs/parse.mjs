// Parses files by the parser alone, as `ship migrations check` does before anything else.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../plugins/migrations/package.json', import.meta.url));
const { loadModule, parseSync } = require('libpg-query');
await loadModule();
for (const file of process.argv.slice(2)) parseSync(readFileSync(file, 'utf8'));
