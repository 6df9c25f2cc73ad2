/** In this order: colours, other control sequences, texts for the terminal itself (titles, clipboards), any other escape. */
const SEQUENCES = [
  String.raw`(\x1b\[[0-9;:]*m)`,
  String.raw`(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]`,
  String.raw`(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)`,
  String.raw`\x1b[ -/]*[0-~]?`,
];
/** Control characters but tab, newline and backspace, and what turns the direction of a text. */
const SINGLE = String.raw`[\x00-\x07\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`;
const UNPRINTABLE = new RegExp(`[\\b]|${SINGLE}`);
const UNPRINTABLES = new RegExp([...SEQUENCES, String.raw`(\r+\n?)`, SINGLE].join('|'), 'g');

/** How a text is made printable. */
export interface Printing {
  /** Colours and styles stay. */
  readonly colours?: boolean;
}

/**
 * Removes from a text of others whatever would steer a terminal instead of being read: cursor moves, titles, clipboards,
 * control characters, turned directions. A carriage return starts a new line.
 */
function printable(text: string, { colours = false }: Printing = {}): string {
  if (!UNPRINTABLE.test(text)) return text;
  const isOverstruck = text.includes('\b');
  const keepsColours = colours && !isOverstruck;
  const shown = text.replace(UNPRINTABLES, (_, colour?: string, lineEnd?: string) => (lineEnd ? '\n' : (keepsColours && colour) || ''));
  return isOverstruck ? overstruck(shown) : shown;
}

/** As a terminal shows backspaces: what follows them takes the place of what was there. */
function overstruck(text: string): string {
  const shown: string[] = [];
  let back = 0;
  for (const char of text) {
    if (char === '\b') {
      back += 1;
      continue;
    }
    if (char !== '\n') for (; back > 0 && shown.length > 0 && shown.at(-1) !== '\n'; back -= 1) shown.pop();
    back = 0;
    shown.push(char);
  }
  return shown.join('');
}

/**
 * Makes a text of others safe for a terminal, and for people who may not see the secrets.
 * A secret may hide behind control sequences, or hold some itself: it is looked for before and after.
 */
export function presentable(text: string, redact: (text: string) => string, { colours = false }: Printing = {}): string {
  const redacted = redact(text);
  const plain = printable(redacted);
  if (plain === redacted) return redacted;
  const shown = redact(plain);
  return colours && shown === plain ? printable(redacted, { colours }) : shown;
}

/** The same JSON, without characters that a terminal would not show as they are. JSON escapes others by itself. */
export const printableJson = (json: string): string =>
  json.replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
