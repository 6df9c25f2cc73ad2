/** Shorter lines, and shorter base64, stand in other texts by chance. */
export const SHORTEST_LINE = 8;
const SHORTEST_BASE64 = 6;

/** The forms in which a secret may stand in a text besides as it is, by name. */
export function formsOf(value: string): Map<string, string> {
  return new Map([
    ...named('line', linesOf(value)),
    ...named('url', urlForms(value)),
    ...named('json', jsonForms(value)),
    ...named('base64', base64Forms(value)),
  ]);
}

export const linesOf = (value: string): string[] => value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);

export const named = (kind: string, texts: readonly string[]): [string, string][] => texts.map((text, index) => [`${kind}.${index}`, text]);

/** Encoders differ in what they leave as it is, in how they write a space, and in the case of the digits. */
function urlForms(value: string): string[] {
  const component = encodeURIComponent(Buffer.from(value).toString());
  const strict = component.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [component, strict, new URLSearchParams({ v: value }).toString().slice(2), encodeURI(Buffer.from(value).toString())];
  const all = forms.flatMap((form) => [form, form.replaceAll('%20', '+')]);
  return [...all, ...all.map((form) => form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()))];
}

/** Some encoders escape the slash, and some all that is not ASCII. */
function jsonForms(value: string): string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  const forms = [plain, plain.replaceAll('/', '\\/')];
  return [...forms, ...forms.map((form) => form.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))];
}

/** Base64 of a text inside a longer one depends on where it starts: three alignments, less their uncertain ends. Tools wrap it at 64 or 76. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const aligned = [0, 1, 2].map((shift) => alignedBase64(bytes, shift));
  const wrapped = [64, 76].flatMap((width) => aligned[0]!.match(new RegExp(`.{1,${width}}`, 'g')) ?? []);
  const forms = [bytes.toString('base64'), ...[...aligned, ...wrapped].filter((form) => form.length >= SHORTEST_BASE64)];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

/** The base64 of bytes that begin so many bytes after a multiple of three, less what depends on their neighbours. */
function alignedBase64(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
}

/** A form by its name; undefined where the secret does not have it. */
export function formOf(value: string, form: string): string | undefined {
  const [, whole = form, start, end] = /^(.*)\.(\d+)-(\d*)$/.exec(form) ?? [];
  const [, path, line] = /^as\.([ujb0-2_]+)(?:\.(line\.\d+))?$/.exec(whole) ?? [];
  const bare = line === undefined ? value : formsOf(value).get(line);
  const text = path === undefined ? formsOf(value).get(whole) : bare && encodedAs(bare, path);
  return text?.slice(Number(start ?? 0), end ? Number(end) : undefined);
}

/** A text below layers, given from outside. */
export function encodedAs(text: string, path: string): string | undefined {
  const layers = path.match(/[uj]|b[0-2]?_?/g) ?? [];
  return layers.reduceRight<string | undefined>((inner, layer) => {
    if (inner === undefined || layer === 'b') return undefined;
    if (layer === 'u') return encodeURIComponent(Buffer.from(inner).toString());
    if (layer === 'j') return JSON.stringify(inner).slice(1, -1);
    const base64 = alignedBase64(Buffer.from(inner), Number(layer[1]));
    return layer.endsWith('_') ? base64.replaceAll('+', '-').replaceAll('/', '_') : base64;
  }, text);
}

export const SHORTEST_BEGINNING = 5;
/** Of a long secret less than a quarter is too much already. */
const ENOUGH = 9;
/** Nothing is shortened to more. */
const LONGEST_BEGINNING = 600;

/** Beginnings of secrets that say too much, longest first, by their last characters. */
export function beginningsOf(values: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const beginnings = new Map<string, string[]>();
  for (const value of values)
    for (const form of new Set([value, urlForms(value)[0]!, jsonForms(value)[0]!]))
      for (
        let length = Math.min(form.length - 1, LONGEST_BEGINNING);
        length >= Math.max(SHORTEST_BEGINNING, Math.min(form.length / 4, ENOUGH));
        length -= 1
      ) {
        const last = form.slice(length - SHORTEST_BEGINNING, length);
        const known = beginnings.get(last) ?? [];
        beginnings.set(last, [...known, form.slice(0, length)]);
      }
  return beginnings;
}
