import type { Migration, Reader } from '../migration.js';
import { exportedWays } from './exported.js';
import { filesIn, oneBegins, sourceOf } from './files.js';
import type { Calls } from './javascript.js';

/** As sequelize-cli has it. */
const PROGRAM = /^(?!.*\.d\.ts$).*\.(?:cjs|js|cts|ts|mjs|mts)$/;

/** Nothing opens a transaction, unless the migration does. */
const CALLS: Calls = { paths: ['sequelize.query'], isAwaited: true, outsideTransaction: true };

/** Sequelize and umzug: modules that export `up` and `down`, in the order of their names. Plain SQL in `sequelize.query` is read, the rest is opaque. */
export const sequelize: Reader = {
  name: 'sequelize',
  recognises: (folder) =>
    oneBegins(
      folder,
      filesIn(folder).filter((name) => PROGRAM.test(name)),
      /\bqueryInterface\b|\bQueryInterface\b|['"]umzug['"]/,
    ),
  read(folder) {
    const migrations = filesIn(folder)
      .filter((name) => PROGRAM.test(name))
      .map((id): Migration => {
        const ways = exportedWays(sourceOf(folder, id, { bom: 'skipped' }), CALLS, { withoutDown: 'none' });
        return { id, name: id.replace(/^\d+[_-]?/, '').replace(/\.[^.]+$/, ''), ...ways };
      });
    return { migrations, flaws: [] };
  },
};
