import {
  type Column,
  chance,
  checkOf,
  columnText,
  constantOf,
  type Draw,
  drawColumn,
  drawTable,
  idType,
  isKeyType,
  isPlain,
  type Model,
  pick,
  type Table,
  tableText,
} from './base.js';

/** Statements, those that undo them, and others that nearly do. */
export interface Step {
  readonly up: readonly string[];
  readonly down: readonly string[];
  readonly wrong?: readonly string[];
}

interface Place {
  readonly draw: Draw;
  readonly model: Model;
  readonly table: Table;
  readonly column: Column;
  /** A name that nothing has yet. */
  readonly fresh: string;
}

const alter = ({ name }: Table, text: string): string => `ALTER TABLE ${name} ${text}`;
const alterColumn = ({ table, column }: Place, text: string): string => alter(table, `ALTER COLUMN ${column.name} ${text}`);

/** Types that a type may become, and what is done with the values. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  integer: ['bigint', 'smallint', 'text', 'numeric(12,2)', 'numeric(5,0)', 'double precision'],
  bigint: ['integer', 'numeric(20,0)', 'numeric(8,0)', 'text'],
  smallint: ['integer', 'bigint', 'numeric(5,0)'],
  'numeric(8,2)': ['numeric(10,2)', 'numeric(10,4)', 'numeric(6,2)', 'numeric', 'text'],
  text: ['varchar(200)', 'varchar(20)'],
  'varchar(20)': ['varchar(40)', 'text', 'varchar(10)'],
  boolean: ['text'],
  timestamptz: ['timestamp', 'text'],
  jsonb: ['text', 'json'],
  mood: ['text'],
};

function changeType(place: Place): Step | undefined {
  const { draw, column } = place;
  const from = column.type;
  const to = CHANGES[from] === undefined ? undefined : pick(draw, CHANGES[from]);
  if (to === undefined) return undefined;
  const casts = /text|varchar/.test(to) ? '' : ` USING ${column.name}::${to}`;
  column.type = to;
  return {
    up: [alterColumn(place, `TYPE ${to}${chance(draw, 50) ? casts : ''}`)],
    down: [alterColumn(place, `TYPE ${from} USING ${column.name}::${from}`)],
    wrong: [alterColumn(place, `TYPE ${from === 'text' ? 'varchar(30)' : 'text'}`)],
  };
}

function addColumn({ draw, table, fresh, model }: Place): Step {
  const column = drawColumn(draw, fresh, 50);
  const parent = pick(draw, model.tables);
  const extra = pick(draw, ['', '', '', 'unique', 'check', 'foreign', 'generated', 'fill']);
  const more =
    { unique: ' UNIQUE', check: ` CHECK (${checkOf(draw, chance(draw, 60) ? column : pick(draw, table.columns))})` }[extra] ?? '';
  if (extra === 'foreign' && idType(parent) !== undefined) {
    Object.assign(column, { type: idType(parent), notNull: false });
    delete column.default;
  }
  table.columns.push(column);
  const down = [alter(table, `DROP COLUMN ${fresh}`)];
  const wrong = [alter(table, `DROP COLUMN ${table.columns[0]!.name}`)];
  if (extra === 'foreign' && idType(parent) !== undefined) {
    const fill = chance(draw, 50) ? [`UPDATE ${table.name} SET ${fresh} = (SELECT max(id) FROM ${parent.name})`] : [];
    const then = pick(draw, ['', '', ' ON DELETE CASCADE', ' ON DELETE SET NULL']);
    return { up: [alter(table, `ADD COLUMN ${columnText(column)} REFERENCES ${parent.name} (id)${then}`), ...fill], down, wrong };
  }
  if (extra === 'generated') {
    const of = table.columns[0]!;
    const formula = /int|numeric/.test(of.type)
      ? pick(draw, [`${of.name} + 1`, `100 / ${of.name}`])
      : /text|char/.test(of.type)
        ? `upper(${of.name})`
        : 'NULL::text';
    const type = /int|numeric/.test(of.type) ? pick(draw, ['bigint', 'smallint', 'numeric(5,1)']) : pick(draw, ['text', 'varchar(5)']);
    return { up: [alter(table, `ADD COLUMN ${fresh} ${type} GENERATED ALWAYS AS (${formula}) STORED`)], down, wrong };
  }
  if (extra === 'fill') {
    const filled = [
      `UPDATE ${table.name} SET ${fresh} = ${constantOf(draw, column.type)}`,
      alter(table, `ALTER COLUMN ${fresh} SET NOT NULL`),
    ];
    const lent = chance(draw, 50) ? [alter(table, `ALTER COLUMN ${fresh} DROP DEFAULT`)] : [];
    return { up: [alter(table, `ADD COLUMN ${columnText({ ...column, notNull: false })}`), ...filled, ...lent], down, wrong };
  }
  const maybe = chance(draw, 10) ? 'IF NOT EXISTS ' : '';
  return { up: [alter(table, `ADD COLUMN ${maybe}${columnText(column)}${more}`)], down, wrong };
}

function renameTable({ draw, model, table, fresh }: Place): Step {
  const from = table.name;
  table.name = fresh;
  const up = `ALTER TABLE ${from} RENAME TO ${fresh}`;
  const down = `ALTER TABLE ${fresh} RENAME TO ${from}`;
  if (chance(draw, 50)) return { up: [up], down: [down], wrong: [`ALTER TABLE ${fresh} RENAME TO ${from}_2`] };
  const columns = table.columns.map((each) => each.name);
  const all = [...(table.id === undefined ? [] : ['id']), ...columns].join(', ');
  const query = pick(draw, ['SELECT * FROM', 'SELECT * FROM', `SELECT ${all} FROM`, `SELECT ${columns[0]} FROM`, 'SELECT DISTINCT * FROM']);
  model.views.set(from, `${query} ${fresh}`);
  const where = chance(draw, 20) ? ` WHERE ${columns[0]} IS NOT NULL` : '';
  return { up: [up, `CREATE VIEW ${from} AS ${query} ${fresh}${where}`], down: [`DROP VIEW ${from}`, down], wrong: [down] };
}

function renameColumn({ table, column, fresh }: Place): Step {
  const from = column.name;
  column.name = fresh;
  return {
    up: [alter(table, `RENAME COLUMN ${from} TO ${fresh}`)],
    down: [alter(table, `RENAME COLUMN ${fresh} TO ${from}`)],
    wrong: [alter(table, `RENAME COLUMN ${fresh} TO ${from}x`)],
  };
}

function dropTable({ model, table }: Place): Step {
  model.tables = model.tables.filter((each) => each !== table);
  return { up: [`DROP TABLE ${table.name}`], down: [tableText(table), ...table.indexes.values()] };
}

function createTable({ draw, model, fresh }: Place): Step {
  const table = drawTable(draw, fresh, model.tables);
  const target = /REFERENCES (\w+)/.exec(table.constraints.get(`${fresh}_ref_fkey`) ?? '')?.[1];
  const others = table.columns.filter(({ name }) => name !== 'ref');
  const cells = others.map(({ type, default: value }) => value ?? constantOf(draw, type));
  const fill = target !== undefined && table.id === 'serial' && chance(draw, 40);
  const filled = fill
    ? [
        `INSERT INTO ${fresh} (${[...others.map(({ name }) => name), 'ref'].join(', ')}) SELECT ${[...cells, 'max(id)'].join(', ')} FROM ${target}`,
      ]
    : [];
  model.tables.push(table);
  const text = chance(draw, 10) ? tableText(table).replace('TABLE', 'TABLE IF NOT EXISTS') : tableText(table);
  return {
    up: [text, ...table.indexes.values(), ...filled],
    down: [`DROP TABLE ${fresh}`],
    wrong: [`DROP TABLE ${model.tables[0]!.name}`],
  };
}

function addConstraint({ draw, model, table, column, fresh }: Place): Step | undefined {
  const parent = pick(draw, model.tables);
  const kind = pick(draw, ['unique', 'check', 'foreign', 'index']);
  const remove = [alter(table, `DROP CONSTRAINT ${fresh}`)];
  if (kind === 'index')
    return isPlain(column)
      ? {
          up: [`CREATE UNIQUE INDEX ${fresh} ON ${table.name} (${column.name})`],
          down: [`DROP INDEX ${fresh}`],
          wrong: [`DROP INDEX IF EXISTS ${fresh}x`],
        }
      : undefined;
  if (kind === 'unique') {
    if (!isKeyType(column)) return undefined;
    table.constraints.set(fresh, `UNIQUE (${column.name})`);
  } else if (kind === 'check') table.constraints.set(fresh, `CHECK (${checkOf(draw, column)})`);
  else {
    if (idType(parent) === undefined || !/int/.test(column.type)) return undefined;
    table.constraints.set(fresh, `FOREIGN KEY (${column.name}) REFERENCES ${parent.name} (id)`);
  }
  const late = kind !== 'unique' && chance(draw, 30);
  const added = alter(table, `ADD CONSTRAINT ${fresh} ${table.constraints.get(fresh)}`);
  return late
    ? {
        up: [`${added} NOT VALID`, alter(table, `VALIDATE CONSTRAINT ${fresh}`)],
        down: remove,
        wrong: [alter(table, `DROP CONSTRAINT ${fresh}x`)],
      }
    : { up: [added], down: remove, wrong: [alter(table, `DROP CONSTRAINT IF EXISTS ${fresh}x`)] };
}

function dropConstraint({ draw, table }: Place): Step | undefined {
  if (table.constraints.size === 0) return undefined;
  const [name, text] = pick(draw, [...table.constraints]);
  table.constraints.delete(name);
  const added = alter(table, `ADD CONSTRAINT ${name} ${text}`);
  const isKey = text.startsWith('UNIQUE');
  const late = !isKey && chance(draw, 30) ? [`${added} NOT VALID`, alter(table, `VALIDATE CONSTRAINT ${name}`)] : [added];
  return {
    up: [alter(table, `DROP CONSTRAINT ${name}`)],
    down: late,
    wrong: [isKey ? alter(table, `ADD CONSTRAINT ${name}x ${text}`) : `${added} NOT VALID`],
  };
}

function changeDefault(place: Place): Step {
  const { draw, column } = place;
  const was = column.default;
  if (was !== undefined && chance(draw, 50)) {
    delete column.default;
    const drops = pick(draw, ['DROP DEFAULT', 'SET DEFAULT NULL']);
    return {
      up: [alterColumn(place, drops)],
      down: [alterColumn(place, `SET DEFAULT ${was}`)],
      wrong: [alterColumn(place, `SET DEFAULT ${constantOf(draw, column.type)}`)],
    };
  }
  column.default = constantOf(draw, column.type);
  const back = was === undefined ? 'DROP DEFAULT' : `SET DEFAULT ${was}`;
  return {
    up: [alterColumn(place, `SET DEFAULT ${column.default}`)],
    down: [alterColumn(place, back)],
    wrong: [alterColumn(place, was === undefined ? 'SET DEFAULT NULL' : 'DROP DEFAULT')],
  };
}

function changeNotNull(place: Place): Step {
  const { draw, column, table } = place;
  column.notNull = !column.notNull;
  const [is, was] = column.notNull ? ['SET', 'DROP'] : ['DROP', 'SET'];
  const fill =
    column.notNull && chance(draw, 60)
      ? [`UPDATE ${table.name} SET ${column.name} = ${constantOf(draw, column.type)} WHERE ${column.name} IS NULL`]
      : [];
  return { up: [...fill, alterColumn(place, `${is} NOT NULL`)], down: [alterColumn(place, `${was} NOT NULL`)] };
}

function changeView({ draw, model, table, fresh }: Place): Step {
  const query = pick(draw, [`SELECT * FROM ${table.name}`, `SELECT ${table.columns[0]?.name ?? '1 AS one'} FROM ${table.name}`]);
  const found = [...model.views][0];
  const kind = found === undefined ? 'create' : pick(draw, ['create', 'drop', 'replace', 'rename']);
  if (kind === 'create') {
    const below = chance(draw, 40);
    model.views.set(fresh, query);
    return {
      up: [`CREATE VIEW ${fresh} AS ${query}`, ...(below ? [`CREATE VIEW ${fresh}b AS SELECT * FROM ${fresh}`] : [])],
      down: [...(below ? [`DROP VIEW ${fresh}b`] : []), `DROP VIEW ${fresh}`],
      wrong: [`DROP VIEW IF EXISTS ${fresh}x`],
    };
  }
  const [name, was] = found!;
  model.views.delete(name);
  if (kind === 'drop')
    return { up: [`DROP VIEW ${name}`], down: [`CREATE VIEW ${name} AS ${was}`], wrong: [`CREATE VIEW ${name} AS ${was} LIMIT 3`] };
  if (kind === 'rename') return { up: [`ALTER VIEW ${name} RENAME TO ${fresh}`], down: [`ALTER VIEW ${fresh} RENAME TO ${name}`] };
  return {
    up: [`CREATE OR REPLACE VIEW ${name} AS ${was} LIMIT 9`],
    down: [`CREATE OR REPLACE VIEW ${name} AS ${was}`],
    wrong: [`CREATE OR REPLACE VIEW ${name} AS ${was} LIMIT 8`],
  };
}

function changeFunction({ draw, model, table, fresh }: Place): Step {
  const made = (head: string, body: string) => `CREATE ${head} RETURNS integer LANGUAGE sql AS 'SELECT ${body}'`;
  const kind = pick(draw, model.hasFunction ? ['new', 'replace', 'drop', 'overload', 'trigger'] : ['new', 'trigger']);
  if (kind === 'new')
    return {
      up: [made(`OR REPLACE FUNCTION ${fresh}(n integer)`, 'n')],
      down: [`DROP FUNCTION ${fresh}(integer)`],
      wrong: [`DROP FUNCTION IF EXISTS ${fresh}(text)`],
    };
  if (kind === 'overload')
    return {
      up: [made('FUNCTION f0(n integer, m integer DEFAULT 1)', 'n')],
      down: ['DROP FUNCTION f0(integer, integer)'],
      wrong: ['DROP FUNCTION f0(integer)'],
    };
  if (kind === 'replace') {
    const back = made('OR REPLACE FUNCTION f0(n integer)', 'n + 1');
    return {
      up: [made('OR REPLACE FUNCTION f0(n integer)', 'n + 2')],
      down: [back],
      wrong: [made('OR REPLACE FUNCTION f0(m integer)', '1')],
    };
  }
  if (kind === 'drop') {
    model.hasFunction = false;
    return { up: ['DROP FUNCTION f0'], down: [made('FUNCTION f0(n integer)', 'n + 1')], wrong: [made('FUNCTION f0(n integer)', 'n + 3')] };
  }
  const trigger = `CREATE TRIGGER ${fresh} BEFORE UPDATE ON ${table.name} FOR EACH ROW EXECUTE FUNCTION ${fresh}f()`;
  const [dropTrigger, dropFunction] = [`DROP TRIGGER ${fresh} ON ${table.name}`, `DROP FUNCTION ${fresh}f()`];
  return {
    up: [`CREATE FUNCTION ${fresh}f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`, trigger],
    down: [dropTrigger, dropFunction],
    wrong: [dropFunction, dropTrigger],
  };
}

function changeEnum({ draw, model }: Place): Step {
  if (chance(draw, 50)) return { up: ["ALTER TYPE mood ADD VALUE 'calm'"], down: ['SELECT 1'] };
  model.labels = ['blue', 'happy'];
  return {
    up: ["ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"],
    down: ["ALTER TYPE mood RENAME VALUE 'blue' TO 'sad'"],
    wrong: ["ALTER TYPE mood RENAME VALUE 'blue' TO 'gray'"],
  };
}

function changeRows({ draw, table, column }: Place): Step {
  const value = constantOf(draw, column.type);
  return pick<Step>(draw, [
    { up: [`DELETE FROM ${table.name} WHERE ${column.name} IS NULL`], down: ['SELECT 1'] },
    { up: [`UPDATE ${table.name} SET ${column.name} = ${value}`], down: ['SELECT 1'] },
    { up: [`WITH gone AS (DELETE FROM ${table.name} RETURNING 1) SELECT count(*) FROM gone`], down: ['SELECT 1'] },
    {
      up: [`DO $$ DECLARE r record; BEGIN FOR r IN DELETE FROM ${table.name} RETURNING * LOOP NULL; END LOOP; END $$`],
      down: ['SELECT 1'],
    },
    { up: [`TRUNCATE ${table.name} CASCADE`], down: ['SELECT 1'] },
    { up: ['SELECT 1'], down: [`UPDATE ${table.name} SET ${column.name} = ${value}`] },
    { up: [`COMMENT ON TABLE ${table.name} IS 'x'`], down: [`COMMENT ON TABLE ${table.name} IS NULL`] },
  ]);
}

function changeRights({ draw, table, fresh }: Place): Step {
  const enable = alter(table, 'ENABLE ROW LEVEL SECURITY');
  const [force, relax] = [alter(table, 'FORCE ROW LEVEL SECURITY'), alter(table, 'NO FORCE ROW LEVEL SECURITY')];
  const [disable, policy] = [alter(table, 'DISABLE ROW LEVEL SECURITY'), `CREATE POLICY ${fresh} ON ${table.name} USING (true)`];
  return pick<Step>(draw, [
    { up: [enable, force], down: [relax, disable], wrong: [relax] },
    { up: [policy, enable], down: [disable, `DROP POLICY ${fresh} ON ${table.name}`], wrong: [disable] },
    {
      up: [`REVOKE INSERT, UPDATE ON ${table.name} FROM app`],
      down: [`GRANT INSERT, UPDATE ON ${table.name} TO app`],
      wrong: [`GRANT INSERT ON ${table.name} TO app`],
    },
    {
      up: [`GRANT SELECT ON ${table.name} TO app`],
      down: [`GRANT SELECT ON ${table.name} TO app`],
      wrong: [`REVOKE SELECT ON ${table.name} FROM app`],
    },
  ]);
}

function changeIdentity({ table, draw }: Place): Step | undefined {
  if (table.id === undefined) return undefined;
  if (table.id.includes('IDENTITY'))
    return pick<Step>(draw, [
      { up: [alter(table, 'ALTER COLUMN id DROP IDENTITY')], down: [alter(table, 'ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY')] },
      {
        up: [alter(table, 'ALTER COLUMN id SET GENERATED ALWAYS')],
        down: [alter(table, 'ALTER COLUMN id SET GENERATED BY DEFAULT')],
        wrong: ['SELECT count(*) FROM t0'],
      },
    ]);
  if (table.id === 'bigint')
    return {
      up: [alter(table, 'ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY')],
      down: [alter(table, 'ALTER COLUMN id DROP IDENTITY')],
    };
  return { up: [alter(table, `DROP CONSTRAINT ${table.name}_pkey`)], down: [alter(table, 'ADD PRIMARY KEY (id)')] };
}

function changeIndex({ draw, table, column, fresh }: Place): Step | undefined {
  const found = [...table.indexes][0];
  const kind = found === undefined ? 'new' : pick(draw, ['new', 'drop', 'rename']);
  if (kind === 'rename')
    return { up: [`ALTER INDEX ${found![0]} RENAME TO ${fresh}`], down: [`ALTER INDEX ${fresh} RENAME TO ${found![0]}`] };
  if (kind === 'drop') {
    table.indexes.delete(found![0]);
    return { up: [`DROP INDEX ${found![0]}`], down: [found![1]], wrong: [found![1].replace(/ \(.*/, ' ((1))')] };
  }
  const formula = /text|char/.test(column.type)
    ? pick(draw, [column.name, `lower(${column.name})`, `(${column.name}::integer)`])
    : /int/.test(column.type)
      ? pick(draw, [column.name, `(10 / ${column.name})`])
      : column.name;
  return isPlain(column)
    ? {
        up: [`CREATE INDEX ${fresh} ON ${table.name} (${formula})`],
        down: [`DROP INDEX ${fresh}`],
        wrong: [`DROP INDEX ${fresh}; DROP INDEX ${fresh}`],
      }
    : undefined;
}

function changeSequence(place: Place): Step {
  const { draw, fresh, table, column } = place;
  if (!/^(?:integer|bigint)$/.test(column.type) || chance(draw, 30))
    return { up: [`CREATE SEQUENCE ${fresh}`], down: [`DROP SEQUENCE ${fresh}`], wrong: [`DROP SEQUENCE IF EXISTS ${fresh}x`] };
  const [set, unset] = [
    alterColumn(place, `SET DEFAULT nextval('${fresh}')`),
    alterColumn(place, column.default === undefined ? 'DROP DEFAULT' : `SET DEFAULT ${column.default}`),
  ];
  const up = [`CREATE SEQUENCE ${fresh} START 200000`, set];
  return table.constraints.size > 2
    ? { up, down: [unset, `DROP SEQUENCE ${fresh}`] }
    : { up, down: [unset, `DROP SEQUENCE ${fresh}`], wrong: [`DROP SEQUENCE ${fresh}`, unset] };
}

function dropColumn({ table, column }: Place): Step {
  table.columns = table.columns.filter((each) => each !== column);
  return {
    up: [alter(table, `DROP COLUMN ${column.name}`)],
    down: [alter(table, `ADD COLUMN ${columnText({ ...column, notNull: false })}`)],
  };
}

/** Those that old code gets along with come more often: what blocks hides what comes beside it. */
const OPERATIONS: readonly ((place: Place) => Step | undefined)[] = [
  ...[addColumn, addColumn, addColumn, addColumn, addColumn, createTable, createTable, createTable, changeView, changeView],
  ...[changeFunction, changeFunction, changeIndex, changeIndex, changeDefault, changeDefault, changeDefault, renameTable, renameTable],
  ...[dropConstraint, dropConstraint, addConstraint, addConstraint, changeSequence, changeType, changeType, changeNotNull],
  ...[renameColumn, changeEnum, changeRows, changeRights, changeIdentity, dropColumn, dropTable],
];

/** One that is valid on the schema as it is now, as far as this is known without trying; it changes the model. */
export function drawStep(draw: Draw, model: Model, number: number): Step {
  for (let tries = 0; tries < 20; tries++) {
    const table = pick(draw, model.tables);
    const column = table === undefined || table.columns.length === 0 ? undefined : pick(draw, table.columns);
    const step = column === undefined ? undefined : pick(draw, OPERATIONS)({ draw, model, table, column, fresh: `x${number}` });
    if (step !== undefined) return step;
  }
  return { up: ['SELECT 1'], down: ['SELECT 1'] };
}
