import { type Printing, presentable } from '@ship/core';

const LONGEST = 64 * 1024;
/** No secret is taken to be longer. */
const HELD_BACK = 16 * 1024;
/** No tool wraps base64 at less than this. */
const WRAPPED = /[\w+/-]{60}\r?\n$/;
const LAST_LINES = 10;
const LONGEST_LAST_LINE = 500;
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
export function createLines(redact: (text: string) => string, emit: (text: string) => void, printing: Printing = {}): Lines {
  let pending = '';
  let isLeavingOut = false;
  const hand = (text: string) => {
    const shown = presentable(text, redact, printing);
    if (shown !== '') emit(shown);
  };
  return {
    push(text) {
      pending += isLeavingOut ? afterFirstLineEnd(text) : text;
      if (pending !== '') isLeavingOut = false;
      const end = beforeWrapped(pending, lastLineEnd(pending), redact);
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

/** Where lines begin that may be wrapped base64 with more of it to come: a secret may lie across them and the next. */
function beforeWrapped(text: string, end: number, redact: (text: string) => string): number {
  let start = end;
  const isWhole = () => end - start > HELD_BACK && !splits(text.slice(0, end), start, redact);
  while (start > 0 && !isWhole() && WRAPPED.test(text.slice(Math.max(0, start - 62), start))) start = text.lastIndexOf('\n', start - 2) + 1;
  return start;
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

/** The last lines of an output, for an error message. */
export function lastLines(text: string, redact: (text: string) => string): string {
  return presentable(text, redact)
    .trimEnd()
    .split('\n')
    .slice(-LAST_LINES)
    .map((line) => (line.length > LONGEST_LAST_LINE ? `${line.slice(0, LONGEST_LAST_LINE)}…` : line))
    .join('\n');
}
