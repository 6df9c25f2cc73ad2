import { chance, checkOf, constantOf, drawTable, idType, isKeyType, isPlain, pick, tableText } from './base.js';
import { alter, type Place, type Step } from './step.js';

export function renameTable({ draw, model, table, fresh }: Place): Step {
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

export function dropTable({ model, table }: Place): Step {
  model.tables = model.tables.filter((each) => each !== table);
  return { up: [`DROP TABLE ${table.name}`], down: [tableText(table), ...table.indexes.values()] };
}

export function createTable({ draw, model, fresh }: Place): Step {
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

export function addConstraint({ draw, model, table, column, fresh }: Place): Step | undefined {
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

export function dropConstraint({ draw, table }: Place): Step | undefined {
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

export function changeRows({ draw, table, column }: Place): Step {
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

export function changeRights({ draw, table, fresh }: Place): Step {
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

export function changeIndex({ draw, table, column, fresh }: Place): Step | undefined {
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
