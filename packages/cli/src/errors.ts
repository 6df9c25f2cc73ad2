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
    message: (d: { code: string; near: readonly string[] }) => `there is no error code ${JSON.stringify(d.code)}`,
    hint: ({ near }: { near: readonly string[] }) =>
      near.length === 0 ? '`ship explain` lists all codes.' : `Did you mean ${oneOf(near)}?`,
  },
  SHIP_CONTEXT_UNREADABLE: {
    exit: 2,
    message: (d: { source: string; reason: string }) => `${d.source} cannot be read: ${d.reason}`,
    hint: 'It is a JSON file such as `{ "failure": { "trigger": "smoke_tests_failed" } }`.',
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

const MOST_SHOWN = 10;

/** `a`, or `a, b or c`; of many the first. */
function oneOf(words: readonly string[]): string {
  const shown = words.length > MOST_SHOWN ? [...words.slice(0, MOST_SHOWN), `one of ${words.length - MOST_SHOWN} more`] : words;
  return shown.length === 1 ? shown[0]! : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}
