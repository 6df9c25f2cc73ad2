import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSecrets, Redactor } from '../src/redact.js';

const printable = fc.string({ minLength: 6, maxLength: 80, unit: fc.constantFrom(...'abcXYZ019+/=_-.!*\'()"\\ &%$@:#?,;~äß語'.split('')) });
/** No mask, and nothing that could be a part of what surrounds it. */
const secretText = printable.filter((text) => text.trim().length >= 6 && !text.includes('***'));
const surrounding = fc.string({ maxLength: 9, unit: fc.constantFrom(...'<>|\n\t'.split('')) });

const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
const ascii = (text: string) => text.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
const ENCODERS: Record<string, (value: string) => string> = {
  raw: (value) => value,
  encodeURIComponent: encodeURIComponent,
  'encodeURIComponent with lower-case digits': (value) => lower(encodeURIComponent(value)),
  encodeURI,
  'a query': (value) => new URLSearchParams({ q: value }).toString().slice(2),
  JSON: (value) => JSON.stringify(value).slice(1, -1),
  'JSON in ASCII, slashes escaped': (value) => ascii(JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/')),
};

describe('redact', () => {
  for (const [name, encode] of Object.entries(ENCODERS))
    it(`given any secret, when a text holds it as ${name}, then it does not survive`, () => {
      fc.assert(
        fc.property(secretText, surrounding, surrounding, (value, before, after) => {
          const shown = new Redactor([{ name: 'S', value }]).redact(`${before}${encode(value)}${after}`);
          expect(shown).toBe(`${before}***${after}`);
        }),
        { numRuns: 300 },
      );
    });

  it.each(['base64', 'base64url'] as const)(
    'given any secret, when a text that holds it is encoded in %s at any alignment, then at most its two edge characters survive',
    (encoding) => {
      fc.assert(
        fc.property(secretText, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }), (value, before, after) => {
          const encoded = Buffer.from(`${'\0'.repeat(before)}${value}${'\0'.repeat(after)}`).toString(encoding);
          const shown = new Redactor([{ name: 'S', value }]).redact(encoded);
          expect(shown).toMatch(/^A*[^*]?\*\*\*[^*]?A*=*$/);
        }),
        { numRuns: 500 },
      );
    },
  );

  it.each([64, 76])('given a long secret, when a tool wraps its base64 at %i, then no line of it survives', (width) => {
    const value = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 37) % 256)).toString('hex');
    const wrapped = Buffer.from(`${value}\n`)
      .toString('base64')
      .match(new RegExp(`.{1,${width}}`, 'g'))!;
    expect(wrapped.length).toBeGreaterThan(3);
    expect(new Redactor([{ name: 'S', value }]).redact(wrapped.join('\n'))).toMatch(/^(\*\*\*\n)+\*\*\*.{0,4}$/);
  });

  it('given a secret of several lines, when one of them is printed, then it is masked', () => {
    const redactor = new Redactor([{ name: 'KEY', value: '-----BEGIN-----\nMIIEpAIBAAK\nab\n-----END-----' }]);
    expect(redactor.redact('line: MIIEpAIBAAK, ab')).toBe('line: ***, ab');
  });

  it('given one secret inside another, when the longer is printed, then nothing of it is left', () => {
    const redactor = new Redactor([
      { name: 'SHORT', value: 'hunter2' },
      { name: 'LONG', value: 'hunter2-and-more' },
    ]);
    expect(redactor.redact('hunter2-and-more hunter2')).toBe('*** ***');
  });

  it('given names and values of all depths, when a value is redacted deeply, then keys and items are masked and the rest is the same', () => {
    const redactor = new Redactor([{ name: 'S', value: 'topsecret' }]);
    expect(redactor.redactDeep({ a: ['topsecret', 1, null, true], topsecret: { b: 'x topsecret' } })).toEqual({
      a: ['***', 1, null, true],
      '***': { b: 'x ***' },
    });
  });
});

/** What tools do to a text that holds a secret, once or one after the other. */
const LAYERS: Record<string, (text: string) => string> = {
  'a path of URL': (text) => Object.assign(new URL('postgres://h/'), { pathname: `/${text}` }).href,
  'a user of URL': (text) => Object.assign(new URL('https://h/'), { username: 'me', password: text }).href,
  'a query of URL': (text) => Object.assign(new URL('https://h/'), { search: `a=${text}` }).href,
  'a fragment of URL': (text) => Object.assign(new URL('https://h/'), { hash: text }).href,
  'a parameter of URL': (text) => new URL(`https://h/?${new URLSearchParams({ q: text })}`).href,
  encodeURIComponent,
  'a value in JSON': (text) => JSON.stringify({ v: text }),
  'JSON with every character escaped': (text) =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0')}`).join(''),
};
const BASE64: Record<string, (text: string) => string> = {
  ...Object.fromEntries(
    [20, 64, 76].map((width) => [
      `base64, wrapped at ${width}`,
      (text: string) =>
        Buffer.from(text)
          .toString('base64')
          .replace(new RegExp(`.{${width}}`, 'g'), '$&\n'),
    ]),
  ),
  'base64 for URLs': (text) => Buffer.from(text).toString('base64url'),
};
/** A secret of which any three characters say something, and no path that URL would resolve. */
const telling = fc
  .string({ minLength: 12, maxLength: 200, unit: fc.constantFrom(...'abcXYZ019+=_-!*\'()"\\ &%$@:#?,;~<>ßé語😀') })
  .filter((text) => text.trim() === text && new Set(text).size > 5 && !/%[0-9a-f]{2}|\\[\\"/bfnrtu]/i.test(text));

describe('below layers of encoding', () => {
  const names = Object.keys(LAYERS);
  const few = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 2 });
  const escapes = (path: readonly string[], text: string) => path.reduce((inner, name) => LAYERS[name]!(inner), text);
  const redactor = (value: string) => new Redactor([{ name: 'S', value }]);
  // A URL writes a backslash of a path as a slash, and drops what it does not like: that is another text.
  const isThere = (path: readonly string[], value: string) => !(path.some((name) => name.includes('of URL')) && /[\\?#]/.test(value));

  /** A backslash that escaped the first or last character of a secret may be left. */
  const bare = (text: string) => text.replace(/\\|%(25)*5C/gi, '');

  it('given any secret, when a text holds it below one or two, then it is masked, and the rest is left', () => {
    fc.assert(
      fc.property(telling, few, (value, path) => {
        fc.pre(isThere(path, value));
        const encoded = escapes(path, value);
        const shown = redactor(value).redact(encoded);
        if (path.some((name) => name.includes('every'))) expect(shown.includes('***') && !shown.includes(encoded)).toBe(true);
        else expect(bare(shown)).toBe(bare(escapes(path, 'SECRET').replace('SECRET', '***')));
      }),
      { numRuns: 1500 },
    );
  });

  it('given any secret, when it is in a longer text whose base64 is wrapped, then nothing of it can be decoded, and it comes back', () => {
    fc.assert(
      fc.property(
        telling,
        fc.constantFrom(...Object.keys(BASE64)),
        fc.nat(40),
        fc.nat(40),
        fc.boolean(),
        (value, how, before, after, inJson) => {
          const whole = BASE64[how]!(`${'|'.repeat(before)}${value}${'|'.repeat(after)}`);
          const text = inJson ? JSON.stringify({ data: whole }) : whole;
          const shown = redactor(value).redact(text);
          const left = shown
            .replace(/^\{"data":"|"\}$/g, '')
            .split('***')
            .map((each) => each.replace(/\\n|\s/g, ''));
          expect(left.slice(1, -1).join('')).toBe('');
          const decoded = left.flatMap((each) =>
            [0, 1, 2, 3].map((skipped) => Buffer.from(each.slice(skipped), 'base64').toString('latin1')),
          );
          const pieces = Array.from({ length: value.length - 2 }, (_, at) => value.slice(at, at + 3));
          expect(pieces.filter((piece) => decoded.some((each) => each.includes(piece)))).toEqual([]);
          expect(redactor(value).resolve(redactor(value).refer(text))).toBe(text);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('given what cannot be put back exactly, when it is resolved, then its name is reported rather than another text taken for it', () => {
    const value = 'a"secret"of/some>length?';
    const unusual = JSON.stringify(Buffer.from(JSON.stringify(value)).toString('base64'))
      .replaceAll('/', '\\/')
      .replace(/.{20}/g, '$&\\n');
    const referred = redactor(value).refer(unusual);
    const missing: string[] = [];
    const resolved = redactor(value).resolve(referred, (name) => missing.push(name));
    expect(resolved === unusual || missing.includes('S')).toBe(true);
  });

  it.each(['…', '...', '"', ''])(
    'given a text that was cut through a secret and ends with %j, when it is shown, then no quarter of it is',
    (end) => {
      const value = 'sk-Zm9vYmFyYmF6-0123456789';
      for (let length = Math.ceil(value.length / 4); length < value.length; length += 1)
        expect(redactor(value).redact(`key=${value.slice(0, length)}${end}`)).toBe(`key=***${end}`);
    },
  );

  it('given a large text, when it is redacted, then that takes no time to speak of', () => {
    const line = '{"level":"info","msg":"a \\"quoted\\" thing","at":"45%2Fabc","path":"/usr/lib/node_modules/something/else"}\n';
    const noise = [line.repeat(5_000), '\\'.repeat(500_000), '%41'.repeat(170_000), 'QUJD'.repeat(125_000), '...'.repeat(170_000)];
    const started = performance.now();
    for (const text of noise) redactor('p@ss/w&rd+1="x').redact(text);
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

describe('refer and resolve', () => {
  const encoders = fc.constantFrom(...Object.values(ENCODERS), (value: string) => Buffer.from(value).toString('base64'));
  const piece = (value: string) =>
    fc.oneof(
      encoders.map((encode) => encode(value)),
      fc.string(),
      fc.constantFrom('{{secret:', '{{secret:}}', '{{secret:S}}', '{{secret:S|url.0}}', '}}', '***'),
    );
  const sample = secretText.chain((value) =>
    fc.tuple(
      fc.constant(value),
      fc.array(piece(value), { maxLength: 6 }).map((parts) => parts.join('')),
    ),
  );

  it('given any text with any forms of a secret, when it is referred, then no form survives, and resolving gives the same text', () => {
    fc.assert(
      fc.property(sample, ([value, text]) => {
        const redactor = new Redactor([{ name: 'S', value }]);
        const referred = redactor.refer({ text });
        const bare = referred.text.replaceAll(/\{\{secret:[^{}]*\}\}/g, ' ');
        for (const encode of Object.values(ENCODERS)) expect(bare).not.toContain(encode(value));
        expect(redactor.resolve(referred)).toEqual({ text });
      }),
      { numRuns: 1000 },
    );
  });

  it('given any value, when its JSON is asked for, then it is the JSON of what is referred, with and without secrets', () => {
    const value = fc.dictionary(fc.string(), fc.oneof(piece('pw"12/34'), fc.jsonValue(), fc.constant(undefined)));
    fc.assert(
      fc.property(value, fc.boolean(), (value, isSecret) => {
        const redactor = new Redactor(isSecret ? [{ name: 'S', value: 'pw"12/34' }] : []);
        expect(redactor.referToJson(value)).toBe(JSON.stringify(redactor.refer(value)));
      }),
    );
  });

  it.each(['secret', 'S3CRET_TOKEN', '{{secret:', 'API_TOKEN', 'base64'])(
    'given a secret whose value is %j, which a reference holds too, when it is captured, then it comes back',
    (value) => {
      const redactor = new Redactor([{ name: 'API_TOKEN', value }]);
      expect(redactor.resolve(redactor.refer(`a ${value} b ${value}`))).toBe(`a ${value} b ${value}`);
    },
  );

  it('given a variable whose name is no identifier, when its value is captured, then it comes back', () => {
    const redactor = new Redactor([{ name: 'npm_config_//host|{x}/:_authToken', value: 'abcdefgh' }]);
    expect(redactor.refer('abcdefgh')).not.toContain('abcdefgh');
    expect(redactor.resolve(redactor.refer('abcdefgh'))).toBe('abcdefgh');
  });

  it('given no secrets, when a text that looks like a reference is kept, then it comes back as it was', () => {
    const none = new Redactor();
    expect(new Redactor([{ name: 'LATER', value: 'pw-123456' }]).resolve(none.refer('{{secret:LATER}}'))).toBe('{{secret:LATER}}');
  });

  it('given a reference to a secret that is not set now, when it is resolved, then its name is told and the reference stays', () => {
    const referred = new Redactor([{ name: 'GONE', value: 'pw-123456' }]).refer('pw-123456');
    const missing: string[] = [];
    expect(new Redactor().resolve(referred, (name) => missing.push(name))).toBe(referred);
    expect(missing).toEqual(['GONE']);
  });

  it('given a secret that was rotated, when an encoded capture is resolved, then it is the new value in the same encoding', () => {
    const referred = new Redactor([{ name: 'S', value: 'old-value' }]).refer(Buffer.from('old-value').toString('base64'));
    expect(new Redactor([{ name: 'S', value: 'new-value-2' }]).resolve(referred)).toBe(Buffer.from('new-value-2').toString('base64'));
  });
});

describe('findSecrets', () => {
  it('given an environment, when secrets are looked for, then telling names and named variables count, and values too short to mask do not', () => {
    const env = {
      API_TOKEN: 'abcdef',
      DB_PASSWORD: 'short',
      HOME: '/home/tester',
      PLAIN: 'xyz',
      aws_secret_access_key: '123456',
      EMPTY_TOKEN: '',
    };
    expect(findSecrets(env, ['PLAIN']).map(({ name }) => name)).toEqual(['API_TOKEN', 'PLAIN', 'aws_secret_access_key']);
  });
});
