import { fileURLToPath } from 'node:url';

const at = (url) => fileURLToPath(url);

/** The programs that are measured, each in a process of its own. */
export const PROGRAMS = {
  empty: at(new URL('../programs/empty.cjs', import.meta.url)),
  bareLoop: at(new URL('../programs/bare-loop.cjs', import.meta.url)),
  listr2Loop: at(new URL('../programs/listr2-loop.mjs', import.meta.url)),
  peak: at(new URL('../programs/peak.cjs', import.meta.url)),
  append: at(new URL('../programs/append.mjs', import.meta.url)),
  appendInC: at(new URL('../programs/append.c', import.meta.url)),
  instant: at(new URL('../programs/instant.mjs', import.meta.url)),
  parse: at(new URL('../programs/parse.mjs', import.meta.url)),
  rollback: at(new URL('../programs/rollback.mjs', import.meta.url)),
};
