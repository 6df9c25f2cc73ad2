import { defineErrors } from '@ship/core';

/** The codes of the plugin. */
export const errors = defineErrors({
  SHIP_MIGRATIONS_TOOL_UNKNOWN: {
    exit: 2,
    message: (d: { tool: string; known: readonly string[]; suggestion: string | undefined }) =>
      `no reader of migrations is called ${d.tool}; there are ${d.known.join(', ')}`,
    hint: (d) => (d.suggestion === undefined ? 'Name one of them in the option `tool`.' : `Did you mean \`tool: ${d.suggestion}\`?`),
  },
  SHIP_MIGRATIONS_NONE: {
    exit: 2,
    message: (d: { folder: string; problem: string }) => `there are no migrations to read in ${d.folder}: ${d.problem}`,
    hint: 'Name the folder that holds the migrations themselves; the option `tool` names the tool where its files do not tell.',
  },
  SHIP_MIGRATIONS_AMBIGUOUS: {
    exit: 2,
    message: (d: { folder: string; tools: readonly string[] }) => `${d.folder} can be read as migrations of ${d.tools.join(' and of ')}`,
    hint: (d) => `Name the right one in the option \`tool\`, such as \`tool: ${d.tools[0]}\`.`,
  },
  SHIP_MIGRATIONS_USAGE: {
    exit: 2,
    message: (d: { problem: string }) => d.problem,
    hint: '`ship migrations check --from ID --to ID` judges what lies between two migrations, `ship migrations rehearse` tries it; `check --up FILE --down FILE` judges a pair.',
  },
  SHIP_MIGRATIONS_UNKNOWN: {
    exit: 2,
    message: (d: { wanted: string; known: readonly string[] }) =>
      `there is no migration ${d.wanted}; the newest ${d.known.length > 3 ? `of ${d.known.length} ` : ''}are ${d.known.slice(-3).join(', ') || 'none'}`,
    hint: 'Name it by its id, its name, or both, as its tool does.',
  },
  SHIP_MIGRATIONS_CONNECTION: {
    exit: 4,
    message: (d: { url: string; problem: string }) => `${d.url} cannot be connected to: ${d.problem}`,
    hint: 'Try the same URL from this machine with the client of the database.',
  },
  SHIP_MIGRATIONS_LOCKED: {
    exit: 5,
    message: (d: { holder: string }) => `the migrations of the database are worked on by ${d.holder}`,
    hint: 'It ends with its holder: wait for it, or end the connection that holds it.',
  },
  SHIP_MIGRATIONS_TOOL_MUTE: {
    exit: 2,
    message: (d: { tool: string; dialect: string | undefined; known: readonly string[] }) =>
      `ship cannot be told to apply migrations of ${d.tool}${d.dialect === undefined ? '' : ` in ${d.dialect}`}: it can those of ${d.known.join(', ')}`,
    hint: 'Name the commands of the tool in `commands`: `list`, `up` and `down`.',
  },
  SHIP_MIGRATIONS_DIRTY: {
    exit: 4,
    message: (d: { tool: string; problem: string; commands: readonly string[] }) => d.problem,
    hint: (d) =>
      `Look what of it is there, make it whole, and then: ${d.commands.map((each: string) => `\`${each}\``).join(', or ')}. \`ship recover\` does so where nothing of it is there.`,
  },
  SHIP_MIGRATIONS_STRAYED: {
    exit: 4,
    message: (d: { dir: string; problem: string }) => `${d.dir}: ${d.problem}`,
    hint: 'Somebody else has applied migrations, or taken some back. Look at the list of the tool, and begin anew.',
  },
  SHIP_MIGRATIONS_REFUSED: {
    exit: 6,
    message: (d: { dir: string; blocks: readonly string[] }) =>
      `${d.dir}: the old code may not come back to this schema: ${d.blocks.join('; ')}`,
    hint: '`ship migrations check` says why for each migration, and what would help.',
  },
  SHIP_MIGRATIONS_UNPROVEN: {
    exit: 4,
    message: (d: { dir: string; left: readonly string[] }) =>
      `${d.dir}: the migrations were taken back, and the schema is not what it was: ${d.left.join('; ')}`,
    hint: 'Compare the schema with the one of before, and put right what differs.',
  },
  SHIP_MIGRATIONS_DUMP: {
    exit: 4,
    message: (d: { dir: string; problem: string }) => `${d.dir}: the rows could not be dumped, so nothing was taken back: ${d.problem}`,
    hint: '`pg_dump` must be on this machine, as new as the server, and the user of `url` must be allowed to read the tables.',
  },
  SHIP_MIGRATIONS_DUMP_UNKNOWN: {
    exit: 2,
    message: (d: { wanted: string; known: readonly string[] }) => `there is no dump ${d.wanted}; there are ${d.known.join(', ') || 'none'}`,
    hint: '`ship migrations dumps` lists them.',
  },
  SHIP_MIGRATIONS_GATE: {
    exit: 6,
    message: (d: { dir: string; blocks: readonly string[] }) => `${d.dir}: this release could not be rolled back: ${d.blocks.join('; ')}`,
    hint: 'Split it into one that adds and a later one that takes away, or name the migrations in `accept` of the step.',
  },
  SHIP_MIGRATIONS_EMBEDDED: {
    exit: 2,
    message: (d: { problem: string }) => `the embedded PostgreSQL is not there: ${d.problem}`,
    hint: '`npm install --save-dev @electric-sql/pglite` brings it; or name a server by `--url`, on which a database is made for the rehearsal.',
  },
  SHIP_MIGRATIONS_FILE: {
    exit: 2,
    message: (d: { file: string; problem: string }) => `${d.file} cannot be read: ${d.problem}`,
    hint: 'Paths are relative to the folder that the command is given in.',
  },
});
