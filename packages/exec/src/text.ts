import { stripVTControlCharacters } from 'node:util';

const LINES = 10;
const LONGEST_LINE = 500;
// Every C0 and C1 character but tab and newline; carriage returns have become newlines before.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/**
 * Makes a tool's output safe for a terminal and for people who may not see the secrets.
 * A secret may hide behind control sequences, or hold some itself: it is looked for before and after.
 */
export function presentable(text: string, redact: (text: string) => string): string {
  const redacted = redact(text);
  return CONTROL.test(redacted) ? redact(withoutControls(redacted)) : redacted;
}

/** Removes whatever could move the cursor; a carriage return starts a new line. */
function withoutControls(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r+\n?/g, '\n')
    .replace(CONTROLS, '');
}

/** The last lines of an output, for an error message. */
export function lastLines(text: string, redact: (text: string) => string): string {
  return presentable(text, redact)
    .trimEnd()
    .split('\n')
    .slice(-LINES)
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line))
    .join('\n');
}
