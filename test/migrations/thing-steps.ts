import { chance, pick } from './base.js';
import { alterColumn, type Place, type Step } from './step.js';

export function changeView({ draw, model, table, fresh }: Place): Step {
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

export function changeFunction({ draw, model, table, fresh }: Place): Step {
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

export function changeEnum({ draw, model }: Place): Step {
  if (chance(draw, 50)) return { up: ["ALTER TYPE mood ADD VALUE 'calm'"], down: ['SELECT 1'] };
  model.labels = ['blue', 'happy'];
  return {
    up: ["ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"],
    down: ["ALTER TYPE mood RENAME VALUE 'blue' TO 'sad'"],
    wrong: ["ALTER TYPE mood RENAME VALUE 'blue' TO 'gray'"],
  };
}

export function changeSequence(place: Place): Step {
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
