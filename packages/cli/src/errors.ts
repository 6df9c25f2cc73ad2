import { defineErrors } from '@ship/core';

/** The codes of the command line. */
export const errors = defineErrors({
  SHIP_USAGE: {
    exit: 2,
    message: (d: { problem: string; hint?: string | undefined }) => d.problem,
    hint: (d: { hint?: string | undefined }) => d.hint ?? '`ship --help` shows what there is.',
  },
  SHIP_COMMAND_UNKNOWN: {
    exit: 2,
    message: (d: { name: string; suggestion: string | undefined; known: readonly string[] }) =>
      `there is no command ${JSON.stringify(d.name)}`,
    hint: (d: { suggestion: string | undefined; known: readonly string[] }) =>
      d.suggestion ? `Did you mean \`ship ${d.suggestion}\`?` : `Commands: ${d.known.join(', ')}. \`ship\` alone deploys.`,
  },
  SHIP_CODE_UNKNOWN: {
    exit: 2,
    message: (d: { code: string; suggestion: string | undefined }) => `there is no error code ${JSON.stringify(d.code)}`,
    hint: (d: { suggestion: string | undefined }) => (d.suggestion ? `Did you mean ${d.suggestion}?` : 'docs/errors.md lists all codes.'),
  },
  SHIP_INIT_EXISTS: {
    exit: 2,
    message: (d: { file: string }) => `${d.file} is there already`,
    hint: 'It was left as it is. Move it away, and run `ship init` again.',
  },
  SHIP_INTERRUPTED: {
    exit: 130,
    message: (d: { signal: string }) => `interrupted by ${d.signal}`,
    hint: 'What was done is in the journal of the run, below .speckit/runs.',
  },
});
