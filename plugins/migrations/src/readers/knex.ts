import type { Migration, Reader } from '../migration.js';
import { exportedWays } from './exported.js';
import { filesIn, oneBegins, sourceOf } from './files.js';
import type { Calls } from './javascript.js';
import { opaqueBothWays } from './script.js';

const PROGRAM = /^(?!.*\.d\.[cm]?ts$).*\.(?:js|cjs|mjs|ts|cts|mts|co|coffee|eg|iced|litcoffee|ls)$/;

const CALLS: Calls = {
  paths: ['raw', 'schema.raw'],
  isAwaited: true,
  changed: (sql) => (sql.includes('?') ? 'holds a `?`, which Knex reads as a place for a value' : undefined),
};

/** Knex: modules that export `up` and `down`, in the order of their names. Plain SQL in `knex.raw` is read, the rest is opaque. */
export const knex: Reader = {
  name: 'knex',
  recognises: (folder) =>
    oneBegins(
      folder,
      filesIn(folder).filter((name) => PROGRAM.test(name)),
      /\bknex\b/i,
    ),
  read(folder) {
    const migrations = filesIn(folder)
      .filter((name) => PROGRAM.test(name))
      .map((id): Migration => {
        const source = sourceOf(folder, id, { bom: 'skipped' });
        const isJavaScript = /\.[cm]?[jt]s$/.test(id);
        const ways = isJavaScript
          ? exportedWays(source, CALLS, { withoutDown: 'none' })
          : opaqueBothWays(source, 'it is a program, in a language that is not read');
        return { id, name: id.replace(/^\d+[_-]?/, '').replace(/\.[^.]+$/, ''), ...ways };
      });
    return { migrations, flaws: [] };
  },
};
