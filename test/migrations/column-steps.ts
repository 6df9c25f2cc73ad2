import { chance, checkOf, columnText, constantOf, drawColumn, idType, pick } from './base.js';
import { alter, alterColumn, type Place, type Step } from './step.js';

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

export function changeType(place: Place): Step | undefined {
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

export function addColumn({ draw, table, fresh, model }: Place): Step {
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

export function renameColumn({ table, column, fresh }: Place): Step {
  const from = column.name;
  column.name = fresh;
  return {
    up: [alter(table, `RENAME COLUMN ${from} TO ${fresh}`)],
    down: [alter(table, `RENAME COLUMN ${fresh} TO ${from}`)],
    wrong: [alter(table, `RENAME COLUMN ${fresh} TO ${from}x`)],
  };
}

export function dropColumn({ table, column }: Place): Step {
  table.columns = table.columns.filter((each) => each !== column);
  return {
    up: [alter(table, `DROP COLUMN ${column.name}`)],
    down: [alter(table, `ADD COLUMN ${columnText({ ...column, notNull: false })}`)],
  };
}

export function changeDefault(place: Place): Step {
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

export function changeNotNull(place: Place): Step {
  const { draw, column, table } = place;
  column.notNull = !column.notNull;
  const [is, was] = column.notNull ? ['SET', 'DROP'] : ['DROP', 'SET'];
  const fill =
    column.notNull && chance(draw, 60)
      ? [`UPDATE ${table.name} SET ${column.name} = ${constantOf(draw, column.type)} WHERE ${column.name} IS NULL`]
      : [];
  return { up: [...fill, alterColumn(place, `${is} NOT NULL`)], down: [alterColumn(place, `${was} NOT NULL`)] };
}

export function changeIdentity({ table, draw }: Place): Step | undefined {
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
