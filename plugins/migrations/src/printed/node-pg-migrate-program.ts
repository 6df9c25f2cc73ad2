/**
 * What runs beside the tool of the project: it reads `[[file, way], …]`, lets each fill the tool's own builder, and prints a line of
 * JSON for it. Whoever asks the database there gets none. No bracket stands right behind `import`: the bundle of the command puts a
 * function of its own in the place of both, here as well.
 */
export const NODE_PG_MIGRATE_PROGRAM = `
import { pathToFileURL } from 'node:url';
const tool = await import ('node-pg-migrate');
const load = (file) => (tool.jiti ? tool.jiti.import (file) : import (pathToFileURL(file)));

async function printed(file, way) {
  let asked = false;
  const ask = () => {
    asked = true;
    throw new Error('it asks the database');
  };
  try {
    const module = await load(file);
    const { up, down, shorthands } = module.up === undefined && module.default ? module.default : module;
    if (way === 'down' && down === false) return { irreversible: true };
    const pgm = new tool.MigrationBuilder({ query: ask, select: ask }, shorthands ?? {}, false, console);
    const action = way === 'up' || down === undefined ? up : down;
    if (typeof action !== 'function') return { opaque: 'it exports no function for it' };
    if (way === 'down' && action === up) pgm.enableReverseMode();
    if (action.length === 2) await new Promise((resolve) => action(pgm, resolve));
    else await action(pgm);
    if (asked) return { opaque: 'it asks the database' };
    return { text: pgm.getSqlSteps().join('\\n'), atomic: pgm.isUsingTransaction() };
  } catch (error) {
    return { opaque: String(error?.message ?? error).split('\\n')[0] };
  }
}

if (typeof tool.MigrationBuilder !== 'function') throw new Error('this version of node-pg-migrate has no builder to be asked');
const answers = [];
for (const [file, way] of JSON.parse(process.env.SHIP_MIGRATIONS_ASKED)) answers.push(await printed(file, way));
console.log('\\nship:' + JSON.stringify(answers));
`;
