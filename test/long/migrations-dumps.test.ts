import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasMigrationTools } from '../services/migration-tools.js';
import { hasOlderPostgres, hasPostgres } from '../services/postgres.js';
import { postgres } from '../support/databases.js';
import { LAYOUTS, stage, USERS } from '../support/migrations.js';

const DBMATE = LAYOUTS.find(({ tool }) => tool === 'dbmate')!;
const DUMPS = ', dump: true';
const OLDER = postgres({ older: true });
/** The old code gives no age, and the down forgets those that the new code gave. */
const AGE = [
  '002_age',
  'ALTER TABLE users ADD COLUMN age int; UPDATE users SET age = 1; ALTER TABLE users ALTER COLUMN age SET NOT NULL;',
  'ALTER TABLE users DROP COLUMN age;',
] as const;
const ROWS = "INSERT INTO users VALUES (1, 'ann@example.test'); CREATE TABLE other (id int)";

const loseData = (cwd: string) => {
  const file = join(cwd, 'ship.yaml');
  writeFileSync(file, `${readFileSync(file, 'utf8')}optimization: { rollback: { preserve_data_migrations: false } }\n`);
};

describe.skipIf(!hasPostgres() || !hasOlderPostgres() || !hasMigrationTools())('a dump before a down that loses rows', () => {
  it('given a run that fails, when its down runs, then the table of before is kept, and can be had', { timeout: 180_000 }, async () => {
    const it = await stage(DBMATE, DUMPS, '', OLDER);
    loseData(it.cwd);
    it.add(USERS);
    await it.ship();
    await it.query(ROWS);
    it.add(AGE);
    it.break();
    const { report, stderr } = await it.ship('--auto-rollback');
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.columns()).toEqual(['email', 'id']);
    const [dump] = (await it.ship('migrations', 'dumps')).report.result as { id: string; tables: string[]; downs: string[] }[];
    expect(dump).toMatchObject({ tables: ['public.users'], downs: ['002'] });
    expect(stderr).toContain(`ship migrations dumps get ${dump!.id}`);
    const file = join(it.cwd, 'users.dump');
    expect((await it.ship('migrations', 'dumps', 'get', dump!.id, '--to', file)).code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(execFileSync('pg_restore', ['--data-only', '--file=-', file], { encoding: 'utf8' })).toMatch(
      /COPY public\.users[\s\S]*1\tann@example\.test\t1/,
    );
    expect((await it.ship('migrations', 'dumps', 'get', 'nothing', '--to', file)).stderr).toContain('SHIP_MIGRATIONS_DUMP_UNKNOWN');
    expect((await it.ship('migrations', 'dumps', 'get', dump!.id)).stderr).toContain('SHIP_MIGRATIONS_USAGE');
  });

  it('given downs that a step runs, then what they lose is kept; where they lose nothing, nothing is', { timeout: 180_000 }, async () => {
    const it = await stage(DBMATE, DUMPS, '', OLDER);
    it.add(USERS);
    await it.ship();
    await it.query(ROWS);
    it.add(AGE, ['003_email', 'ALTER TABLE users RENAME email TO mail;', 'ALTER TABLE users RENAME mail TO email;']);
    await it.ship();
    const file = join(it.cwd, 'ship.yaml');
    const config = readFileSync(file, 'utf8');
    const down = (to: string) =>
      writeFileSync(file, config.replace(/uses: migrations\/up/, `uses: migrations/down, with: { to: "${to}" }`));
    down('002');
    expect((await it.ship('--yes')).report.status).toBe('succeeded');
    expect((await it.ship('migrations', 'dumps')).report.result).toEqual([]);
    down('001');
    expect((await it.ship('--yes')).report.status).toBe('succeeded');
    expect((await it.ship('migrations', 'dumps')).report.result).toMatchObject([{ tables: ['public.users'], downs: ['002'] }]);
  });

  it('given a pg_dump that is older than the server, or none, then the way back is refused before anything is touched', {
    timeout: 180_000,
  }, async () => {
    const it = await stage(DBMATE, DUMPS);
    loseData(it.cwd);
    it.add(USERS);
    await it.ship();
    it.add(AGE);
    it.break();
    const { report } = await it.ship('--auto-rollback');
    expect(report.status).toBe('refused');
    expect(JSON.stringify(report)).toContain('it refuses to dump it');
    expect(await it.columns()).toEqual(['age', 'email', 'id']);
    rmSync(join(it.cwd, 'broken'));
    const none = await it.shipWith({ PATH: join(it.cwd, 'nothing') }, 'recover', '--back');
    expect(JSON.stringify(none.report)).toContain('pg_dump cannot be run');
    expect(await it.columns()).toEqual(['age', 'email', 'id']);
  });
});
