import { beforeAll, describe, expect, it } from 'vitest';
import { loadParserOf } from '../../../plugins/migrations/src/sql/parser.js';
import { MYSQL_BASE, MYSQL_CASES } from '../../../plugins/migrations/test/dialects/mysql-cases.js';
import { SQLITE_BASE, SQLITE_CASES } from '../../../plugins/migrations/test/dialects/sqlite-cases.js';
import { judgedOn } from '../../../plugins/migrations/test/judged.js';
import { hasMariadb, startMariadb } from '../../services/mariadb.js';
import { hasProgram } from '../../services/started.js';
import { falseBlocks, falseOks } from '../verdicts.js';
import { openMariadb, openSqlite, type Real } from './database.js';
import { examine } from './oracle.js';

beforeAll(() => loadParserOf('mysql'));

/** Every verdict that the database contradicts. */
async function contradicted(dialect: 'mysql' | 'sqlite', open: () => Real | Promise<Real>): Promise<string[]> {
  const [base, cases] = dialect === 'mysql' ? [MYSQL_BASE, MYSQL_CASES] : [SQLITE_BASE, SQLITE_CASES];
  const wrong: string[] = [];
  const blocked: string[] = [];
  for (const [name, [up, down]] of Object.entries(cases)) {
    const db = await open();
    const findings = await examine(db, base, up, down).finally(() => db.end());
    const judgement = judgedOn({ dialect, base }, up, down);
    if (findings.up !== undefined) blocked.push(`${name}: the up fails: ${findings.up}`);
    wrong.push(...falseOks(judgement, findings).map((each) => `${name}: ${each}`));
    blocked.push(...falseBlocks(judgement, findings).map((each) => `${name}: ${each} blocks, and nothing is found`));
  }
  if (process.env.SHIP_TEST_SHOW === '1') process.stdout.write(`${dialect}, too careful:\n${blocked.join('\n')}\n`);
  return wrong;
}

describe('the verdicts on MySQL and SQLite', () => {
  it.runIf(hasProgram('sqlite3'))(
    'given each case in a real SQLite, then none is ok that loses or breaks something',
    { timeout: 300_000 },
    async () => {
      expect(await contradicted('sqlite', openSqlite)).toEqual([]);
    },
  );

  it.runIf(hasMariadb())(
    'given each case in a real MariaDB, then none is ok that loses or breaks something',
    { timeout: 300_000 },
    async () => {
      const socket = await startMariadb();
      expect(await contradicted('mysql', () => openMariadb(socket))).toEqual([]);
    },
  );
});
