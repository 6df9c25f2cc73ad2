import { stripVTControlCharacters } from 'node:util';

const LONGEST = 64 * 1024;
/** No secret is taken to be longer. */
const HELD_BACK = 16 * 1024;
const LAST_LINES = 10;
const LONGEST_LAST_LINE = 500;
// Every C0 and C1 character but tab and newline; carriage returns have become newlines before.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Takes text as it comes, and hands on whole lines. */
interface Lines {
  push(text: string): void;
  /** Hands on what is left, with or without a newline. */
  end(): void;
}

/**
 * Cuts a stream into blocks of whole lines and redacts each block, because a secret may lie across two reads.
 * Only a line without end is handed on in parts.
 */
export function createLines(redact: (text: string) => string, emit: (text: string) => void): Lines {
  let pending = '';
  let isLeavingOut = false;
  const hand = (text: string) => {
    const shown = presentable(text, redact);
    if (shown !== '') emit(shown);
  };
  return {
    push(text) {
      pending += isLeavingOut ? afterFirstLineEnd(text) : text;
      if (pending !== '') isLeavingOut = false;
      const end = lastLineEnd(pending);
      if (end > 0) {
        hand(pending.slice(0, end));
        pending = pending.slice(end);
      }
      while (pending.length > LONGEST) {
        const cut = safeCut(pending.slice(0, LONGEST), redact);
        if (cut === 0) {
          pending = '';
          isLeavingOut = true;
          return emit('[… a long line left out …]\n');
        }
        hand(pending.slice(0, cut));
        pending = pending.slice(cut);
      }
    },
    end() {
      if (pending !== '') hand(pending);
      pending = '';
    },
  };
}

/** Where the last whole line ends. A carriage return at the very end may be half of a line end. */
function lastLineEnd(text: string): number {
  const carriage = text.length < 2 ? -1 : text.lastIndexOf('\r', text.length - 2);
  return Math.max(text.lastIndexOf('\n'), carriage) + 1;
}

function afterFirstLineEnd(text: string): string {
  const end = text.indexOf('\n');
  return end === -1 ? '' : text.slice(end + 1);
}

/** Where an endless line may be cut: far enough from its end for the longest secret, and not through one. */
function safeCut(text: string, redact: (text: string) => string): number {
  let cut = text.length - HELD_BACK;
  while (cut > 0 && splits(text, cut, redact)) cut -= HELD_BACK / 4;
  return Math.max(0, cut);
}

/** Would a cut go through a secret, a character or an escape sequence? */
function splits(text: string, cut: number, redact: (text: string) => string): boolean {
  const parts = (show: (text: string) => string) => show(text.slice(0, cut)) + show(text.slice(cut));
  const code = text.charCodeAt(cut);
  if (code >= 0xdc00 && code <= 0xdfff) return true;
  return redact(text) !== parts(redact) || presentable(text, redact) !== parts((part) => presentable(part, redact));
}

/**
 * Makes a tool's output safe for a terminal and for people who may not see the secrets.
 * A secret may hide behind control sequences, or hold some itself: it is looked for before and after.
 */
function presentable(text: string, redact: (text: string) => string): string {
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
    .slice(-LAST_LINES)
    .map((line) => (line.length > LONGEST_LAST_LINE ? `${line.slice(0, LONGEST_LAST_LINE)}…` : line))
    .join('\n');
}
