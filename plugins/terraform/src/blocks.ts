/** A block at the top of a configuration file. */
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: string;
  /** From 1. */
  readonly line: number;
}

const HEADER = /([A-Za-z_][\w-]*)((?:[ \t]+(?:"[^"\n]*"|[A-Za-z_][\w-]*))*)[ \t]*\{/y;
const HEREDOC = /<<-?([A-Za-z_]\w*)\r?\n[\s\S]*?^[ \t]*\1[ \t]*$/my;

/**
 * Finds the blocks of a file in HCL, as far as ship must know them before Terraform is asked: which variables have no default,
 * and what `prevent_destroy` protects. It skips comments, texts and here-documents; it judges nothing.
 */
export function blocksIn(text: string): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < text.length; ) {
    const next = pastInert(text, at);
    if (next > at) {
      at = next;
      continue;
    }
    HEADER.lastIndex = at;
    const [header, type = '', labels = ''] = HEADER.exec(text) ?? [];
    if (header === undefined) {
      at = /\w/.test(text[at]!) ? at + /^[\w-]+/.exec(text.slice(at, at + 200))![0].length : at + 1;
      continue;
    }
    const start = at + header.length;
    const end = closing(text, start);
    blocks.push({ type, labels: namesIn(labels), body: text.slice(start, end), line: text.slice(0, at).split('\n').length });
    at = end + 1;
  }
  return blocks;
}

const namesIn = (labels: string): string[] => [...labels.matchAll(/"([^"\n]*)"|([\w-]+)/g)].map(([, quoted, plain]) => quoted ?? plain!);

/** The end of the comment, text or here-document that begins here; the place itself where none does. */
function pastInert(text: string, at: number): number {
  const two = text.slice(at, at + 2);
  if (text[at] === '#' || two === '//') return endOr(text.indexOf('\n', at), text);
  if (two === '/*') return endOr(text.indexOf('*/', at + 2), text) + 2;
  if (text[at] === '"') return pastText(text, at + 1);
  if (two !== '<<') return at;
  HEREDOC.lastIndex = at;
  return at + (HEREDOC.exec(text)?.[0].length ?? 0);
}

const endOr = (at: number, text: string): number => (at < 0 ? text.length : at);

/** Past the text that begins here; what `${…}` holds may have texts of its own. */
function pastText(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
    else if (text.startsWith('${', at) && text[at - 1] !== '$') at = closing(text, at + 2);
  }
  return text.length;
}

/** Where the brace that is open here is closed. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; ) {
    const next = pastInert(text, at);
    if (next > at) {
      at = next;
      continue;
    }
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return at;
    at++;
  }
  return text.length;
}
