import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timeChild } from '../lib/children.mjs';
import { freshFolder } from '../lib/folders.mjs';
import { ratioAtMost } from '../lib/goals.mjs';
import { packageTool } from '../lib/peers.mjs';
import { PROGRAMS } from '../lib/programs.mjs';
import { node, projectOf, SHIP } from '../lib/ship.mjs';

const EMPTY = 'node empty.cjs';
const PARSER = 'libpg-query alone';
const PARSER_OF_FOLDER = 'libpg-query alone, the same files';

/** How long it takes to judge migrations: many small ones from a cold start, and one large text beside the parser alone. */
export function migrationsGroup({ isSmoke }) {
  const files = isSmoke ? 5 : 100;
  const size = isSmoke ? 20_000 : 1_000_000;
  const folder = folderOf(files);
  const large = largePair(size);
  const cached = { XDG_CACHE_HOME: freshFolder() };
  const ship = (cwd, ...words) => timed(node(SHIP, 'migrations', 'check', ...words), cwd, cached);
  const ofFolder = `ship migrations check, ${files} files`;
  const ofText = `ship migrations check, ${size / 1000} KB`;
  const squawk = packageTool('squawk-cli');
  const candidates = [
    { name: EMPTY, measure: () => timed(node(PROGRAMS.empty), folder) },
    { name: PARSER_OF_FOLDER, measure: () => timed(node(PROGRAMS.parse, ...filesIn(join(folder, 'db'))), folder) },
    { name: ofFolder, measure: () => ship(folder) },
    { name: PARSER, measure: () => timed(node(PROGRAMS.parse, large.up, large.down), large.cwd) },
    { name: ofText, measure: () => ship(large.cwd, '--up', large.up, '--down', large.down) },
    { name: 'squawk', ...squawk, measure: () => timed([...squawk.argv, large.up, large.down], large.cwd) },
  ];
  return {
    rounds: 11,
    warmUp: true,
    candidates,
    tables: [
      {
        title: `A folder of ${files} migrations`,
        unit: 'ms',
        base: EMPTY,
        metric: 'ms',
        rows: [{ candidate: EMPTY }, { candidate: PARSER_OF_FOLDER }, { candidate: ofFolder, goal: ratioAtMost(5) }],
      },
      {
        title: `A text of ${size / 1000} KB, and its down`,
        unit: 'ms',
        base: PARSER,
        metric: 'ms',
        rows: [{ candidate: PARSER }, { candidate: ofText, goal: ratioAtMost(2) }, { candidate: 'squawk' }],
      },
    ],
  };
}

const filesIn = (folder) => readdirSync(folder).map((name) => join(folder, name));

/** What is found ends the command with another status: that is no failure here. */
const timed = (argv, cwd, env = {}) => ({ ms: timeChild(argv, { cwd, env, okCodes: [0, 1, 6] }) });

const tableOf = (n) =>
  `CREATE TABLE t${n} (id bigserial PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now(), more jsonb);\nCREATE INDEX t${n}_name ON t${n} (name);\n`;

/** As dbmate has them: each makes a table, or adds a column to it. */
function folderOf(count) {
  const folder = projectOf('version: 1\nproject: bench\nplugins: [{ migrations: { dir: db } }]\nsteps: [{ id: one, run: "true" }]\n');
  mkdirSync(join(folder, 'db'));
  for (let n = 0; n < count; n++) {
    const [up, down] =
      n % 2 === 0
        ? [tableOf(n), `DROP TABLE t${n};\n`]
        : [`ALTER TABLE t${n - 1} ADD COLUMN c${n} text;\n`, `ALTER TABLE t${n - 1} DROP COLUMN c${n};\n`];
    writeFileSync(join(folder, 'db', `${String(n).padStart(4, '0')}_m.sql`), `-- migrate:up\n${up}-- migrate:down\n${down}`);
  }
  return folder;
}

/** An up of some size, and its down. */
function largePair(size) {
  const cwd = projectOf('version: 1\nproject: bench\nplugins: [migrations]\nsteps: [{ id: one, run: "true" }]\n');
  let up = '';
  let down = '';
  for (let n = 0; up.length + down.length < size; n++) {
    up += tableOf(n);
    down = `DROP TABLE t${n};\n${down}`;
  }
  const [upFile, downFile] = [join(cwd, 'up.sql'), join(cwd, 'down.sql')];
  writeFileSync(upFile, up);
  writeFileSync(downFile, down);
  return { cwd, up: upFile, down: downFile };
}
