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
  SHIP_CONTEXT_INVALID: {
    exit: 2,
    message: (d: { source: string; mistakes: readonly { path: readonly string[]; message: string; hint?: string }[] }) =>
      `${d.source} is no failure context: ${d.mistakes.map(({ path, message, hint }) => `${path.join('.') || 'the whole'}: ${message}${hint === undefined ? '' : ` (${hint.replace(/\.$/, '')})`}`).join('; ')}`,
    hint: 'At least `{ "failure": { "trigger": "smoke_tests_failed" } }`. docs/failure-and-decision.md has all of it.',
  },
  SHIP_REPLAY_NOTHING: {
    exit: 2,
    message: (d: { run: string; decided: boolean }) =>
      d.decided
        ? `${d.run} was decided by a ship that did not write down what it knew`
        : `nothing was decided in ${d.run}: it did not fail`,
    hint: '`ship history` shows the runs that failed.',
  },
  SHIP_RUN_UNKNOWN: {
    exit: 2,
    message: (d: { given: string; matches: readonly string[]; newest: readonly string[]; environment: string }) =>
      d.matches.length > 1
        ? `${JSON.stringify(d.given)} is the start of more than one run: ${d.matches.join(', ')}`
        : `${d.environment} has no run ${JSON.stringify(d.given.slice(0, 120))}`,
    hint: (d: { newest: readonly string[] }) =>
      d.newest.length === 0 ? 'It has none at all.' : `The newest are ${d.newest.join(', ')}. \`ship history\` shows more.`,
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
