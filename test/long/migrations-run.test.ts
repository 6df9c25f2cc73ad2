import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasMariadb } from '../services/mariadb.js';
import { hasMigrationTools } from '../services/migration-tools.js';
import { hasPostgres } from '../services/postgres.js';
import { hasSqlite, mariadb, postgres, sqlite } from '../support/databases.js';
import { BIO, DROP, LAYOUTS, RENAME, stage, USERS } from '../support/migrations.js';

const layoutsOf = (...tools: readonly string[]) => LAYOUTS.filter(({ tool }) => tools.includes(tool));
const DATABASES = [
  ...(hasPostgres() ? LAYOUTS.map((layout) => ({ on: 'PostgreSQL', open: postgres(), layout })) : []),
  ...(hasMariadb() ? layoutsOf('dbmate', 'knex', 'sequelize').map((layout) => ({ on: 'MariaDB', open: mariadb, layout })) : []),
  ...(hasSqlite() ? layoutsOf('dbmate').map((layout) => ({ on: 'SQLite', open: sqlite, layout })) : []),
];

describe.skipIf(!hasMigrationTools())('migrations in a run, with the real tools', () => {
  describe.each(DATABASES)('$layout.tool on $on', ({ layout, open }) => {
    const ids = (...migrations: (readonly [string, ...unknown[]])[]) => migrations.map(([id]) => layout.idOf(id));

    it('given what the old code gets along with, when the run fails, then the schema stays, and the report says so', {
      timeout: 180_000,
    }, async () => {
      const it = await stage(layout, '', '', open);
      it.add(USERS);
      expect(await it.ship()).toMatchObject({ code: 0 });
      it.add(BIO);
      it.break();
      const { code, report } = await it.ship('--auto-rollback');
      expect({ code, status: report.status }).toEqual({ code: 1, status: 'rolled_back' });
      expect(report.steps.find(({ id }) => id === 'schema')?.reason).toContain('stays, as the old code gets along with the schema');
      expect(await it.applied()).toEqual(ids(USERS, BIO));
      expect(await it.columns()).toEqual(['bio', 'email', 'id']);
    });

    it.skipIf(layout.hasNoDown)(
      'given what the old code does not get along with, and a down that loses nothing, when the run fails, then the down runs, and the schema is what it was',
      {
        timeout: 180_000,
      },
      async () => {
        const it = await stage(layout, '', '', open);
        it.add(USERS);
        expect(await it.ship()).toMatchObject({ code: 0 });
        it.add(RENAME);
        it.break();
        const { code, report } = await it.ship('--auto-rollback');
        expect({ code, status: report.status }).toEqual({ code: 1, status: 'rolled_back' });
        expect(await it.applied()).toEqual(ids(USERS));
        expect(await it.columns()).toEqual(['email', 'id']);
        rmSync(join(it.cwd, 'broken'));
        expect(await it.ship()).toMatchObject({ code: 0 });
        expect(await it.columns()).toEqual(['id', 'mail']);
        const back = await it.ship('rollback', '--to', (await it.ship('snapshots', 'list')).report.result.at(-1).id);
        expect(back.report, back.stderr).toMatchObject({ exit_code: 0 });
        expect(await it.columns()).toEqual(['email', 'id']);
      },
    );

    it('given what nobody can take back, when the run fails, then the rollback is refused with its reasons, and nothing is touched', {
      timeout: 180_000,
    }, async () => {
      const it = await stage(layout, '', '', open);
      it.add(USERS);
      expect(await it.ship()).toMatchObject({ code: 0 });
      it.add(DROP);
      it.break();
      const { report } = await it.ship('--auto-rollback');
      expect(report.status).not.toBe('rolled_back');
      expect(JSON.stringify(report)).toMatch(/up-drop-column/);
      expect(await it.applied()).toEqual(ids(USERS, DROP));
      expect(await it.columns()).toEqual(['id']);
    });
  });
});
