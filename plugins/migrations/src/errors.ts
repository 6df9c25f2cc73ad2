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
    hint: '`ship migrations check --from ID --to ID` judges what lies between two migrations; `--up FILE --down FILE` judges a pair.',
  },
  SHIP_MIGRATIONS_UNKNOWN: {
    exit: 2,
    message: (d: { wanted: string; known: readonly string[] }) =>
      `there is no migration ${d.wanted}; the newest ${d.known.length > 3 ? `of ${d.known.length} ` : ''}are ${d.known.slice(-3).join(', ') || 'none'}`,
    hint: 'Name it by its id, its name, or both, as its tool does.',
  },
  SHIP_MIGRATIONS_FILE: {
    exit: 2,
    message: (d: { file: string; problem: string }) => `${d.file} cannot be read: ${d.problem}`,
    hint: 'Paths are relative to the folder that the command is given in.',
  },
});
