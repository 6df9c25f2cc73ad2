/** A text with layers of encoding taken off. */
export interface Layer {
  readonly text: string;
  /** The layers, from outside: `u` a URL, `j` JSON, `b` base64. */
  readonly path: string;
  /** Where each of its characters begins and ends in the whole text. To find that out takes long, and is rarely needed. */
  readonly from?: readonly number[];
  readonly to?: readonly number[];
}

interface Encoding {
  readonly kind: 'u' | 'j' | 'b';
  readonly pattern: RegExp;
  read(piece: string): string;
  /** Where each character of what was read begins and ends in the piece; the whole piece where it is one character. */
  places?(piece: string): readonly (readonly [start: number, end: number])[];
}

export const ENCODED = /%[0-9a-f]{2}|\\[u"\\/bfnrt]|[\w+/-]{16}/i;
const URL_CODE: Encoding = {
  kind: 'u',
  pattern: /%[0-9a-fA-F]{2}/g,
  read: (code: string) => String.fromCharCode(Number.parseInt(code.slice(1), 16)),
};
const SHORT_CODES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const JSON_CODE: Encoding = {
  kind: 'j',
  pattern: /\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])/g,
  read: (code: string) => (code[1] === 'u' ? String.fromCharCode(Number.parseInt(code.slice(2), 16)) : (SHORT_CODES[code[1]!] ?? code[1]!)),
};
/** It may be wrapped, and nobody knows where it begins: after none to three of its characters. */
const base64After = (skipped: number): Encoding => ({
  kind: 'b',
  pattern: /[\w+/-]{16,}(?:\r?\n[ \t]*[\w+/-]+)*/g,
  read: (run) => bytesOf(run, skipped).toString('latin1'),
  // Less the characters at its ends that depend on what is around it, too.
  places(run) {
    const at = [...run.matchAll(/\S/g)].map(({ index }) => index).slice(skipped);
    return Array.from(bytesOf(run, skipped), (_, byte) => [
      at[Math.ceil((byte * 8) / 6)] ?? run.length - 1,
      at[Math.floor(((byte + 1) * 8) / 6) - 1]! + 1,
    ]);
  },
});
const DEEPEST = 3;

const bytesOf = (run: string, skipped: number): Buffer => Buffer.from(run.replace(/\s+/g, '').slice(skipped), 'base64');

/** The texts below every layer of encoding, and below those of these. */
export function layersOf(whole: Layer): Layer[] {
  const layers = [whole];
  for (const layer of layers) {
    const { path } = layer;
    if (path.length === DEEPEST) continue;
    const encodings = path === '' || path === 'j' ? [URL_CODE, JSON_CODE, ...[0, 1, 2, 3].map(base64After)] : [URL_CODE, JSON_CODE];
    for (const encoding of encodings) {
      const inner = layer.from === undefined ? read(layer, encoding) : readInPlace(layer, encoding);
      if (inner.text !== layer.text && inner.text !== '') layers.push(inner);
    }
  }
  return layers.slice(1);
}

/** Of what holds base64 the rest is of no interest any more. */
function read({ text, path }: Layer, { kind, pattern, read }: Encoding): Layer {
  const inner =
    kind === 'b' ? (text.match(pattern) ?? []).map((run) => `${read(run)}\n`).join('') : text.replace(pattern, (code) => read(code));
  return { text: inner, path: path + kind };
}

function readInPlace({ text, path, from, to }: Layer, { kind, pattern, read, places }: Encoding): Layer {
  const inner = { text: '', from: [] as number[], to: [] as number[] };
  const add = (said: string, index: number, spans: readonly (readonly [number, number])[]) => {
    inner.text += said;
    for (const [start, end] of spans) {
      inner.from.push(from![index + start]!);
      inner.to.push(to![index + end - 1]!);
    }
  };
  const copy = (start: number, end: number) => {
    for (let index = start; index < end; index += 1) add(text[index]!, index, [[0, 1]]);
  };
  let at = 0;
  for (const { 0: piece, index } of text.matchAll(pattern)) {
    if (kind !== 'b') copy(at, index);
    add(read(piece), index, places?.(piece) ?? [[0, piece.length]]);
    at = index + piece.length;
    if (kind === 'b') add('\n', at - 1, [[0, 1]]);
  }
  if (kind !== 'b') copy(at, text.length);
  return { ...inner, path: path + kind };
}
