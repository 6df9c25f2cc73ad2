import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presentable, printableJson } from '../src/printable.js';

const plain = (text: string) => presentable(text, String);
const coloured = (text: string) => presentable(text, String, { colours: true });
/** What steers a terminal: all but tab, newline, and complete colours. */
const STEERS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const withoutColours = (text: string) => text.replace(/\x1b\[[0-9;:]*m/g, '');

describe('a text of others', () => {
  it.each([
    ['plain', 'äß 語 😀\t|\n', 'äß 語 😀\t|\n'],
    ['a clipboard', 'a\x1b]52;c;cHduZWQ=\x07b', 'ab'],
    ['a title, ended by ST', 'a\x1b]0;title\x1b\\b', 'ab'],
    ['a title without an end', 'a\x1b]0;title', 'a0;title'],
    ['a title of C1', 'a\x9d0;title\x9cb', 'ab'],
    ['a link', '\x1b]8;;http://evil\x07click\x1b]8;;\x07', 'click'],
    ['a DCS', 'a\x1bP+q544e\x1b\\b', 'ab'],
    ['an APC, a PM and a SOS', '\x1b_x\x1b\\a\x1b^x\x1b\\b\x1bXx\x1b\\c', 'abc'],
    ['clear screen', 'a\x1b[2J\x1b[3Jb', 'ab'],
    ['cursor moves', 'a\x1b[1;1H\x1b[10A\x1b[?25l\x1b[6nb', 'ab'],
    ['a CSI of C1', 'a\x9b2Jb\x9b31mc', 'abc'],
    ['a reset and a charset', 'a\x1bc\x1b(0b', 'ab'],
    ['an escape alone', 'a\x1b', 'a'],
    ['an escape before a newline', 'a\x1b\nb', 'a\nb'],
    ['one sequence inside another', '\x1b\x1b[2J[2Ja', '[2Ja'],
    ['a bell and a NUL', 'a\x07\x00b', 'ab'],
    ['DEL', 'a\x7fb', 'ab'],
    ['backspaces', 'abc\b\b\bxyz', 'xyz'],
    ['an overstrike', 'N\bNA\bA', 'NA'],
    ['backspaces at a line end', 'one\n\b\b\btwo\b\n', 'one\ntwo\n'],
    ['a carriage return', '10%\r50%\r\ndone\r\r\n', '10%\n50%\ndone\n'],
    ['a turned direction', 'a\u202egpj.exe\u2066b\u200f', 'agpj.exeb'],
    ['line separators', 'a\u2028b\u2029c', 'abc'],
  ])('that holds %s loses it', (_, text, expected) => {
    expect(plain(text)).toBe(expected);
  });

  it('keeps its colours where there are some, and nothing else', () => {
    const text = 'a\x1b[31mred\x1b[0m\x1b[2J\x1b[38;5;8mgrey\x1b[4:3mcurl\x1b]0;t\x07';
    expect(coloured(text)).toBe('a\x1b[31mred\x1b[0m\x1b[38;5;8mgrey\x1b[4:3mcurl');
    expect(plain(text)).toBe('aredgreycurl');
    expect(coloured('\x1b[31mab\bc')).toBe('ac');
  });

  it('never steers a terminal, whatever it is, and is left alone by a second time', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\x1b',
        '[',
        ']',
        '\x9b',
        '\x9d',
        '\x07',
        '\x1b\\',
        '0;',
        '31',
        'm',
        'J',
        '\b',
        '\r',
        '\n',
        '\u202e',
        '\x1b[31m',
        '\x1bP',
        'x',
      ),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
        (text) => {
          expect(plain(text)).not.toMatch(STEERS);
          expect(withoutColours(coloured(text))).not.toMatch(STEERS);
          expect(plain(plain(text))).toBe(plain(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is made so in no time, however it is made', () => {
    const started = performance.now();
    for (const piece of ['\x1b]', '\x9d', '\x1b[', '\x1b[0;', 'a\b', '\b', '\r', '\x1bP;', '\x1b[31m'])
      plain(`${'a'.repeat(300_000)}${piece.repeat(300_000)}`);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('has its secrets looked for where no control character hides them', () => {
    const redact = (text: string) => text.replaceAll('hunter22', '***').replaceAll('a\x1bb', '***');
    expect(presentable('hun\x1b[1mter22 a\x1bb hunx\bter22', redact, { colours: true })).toBe('*** *** ***');
  });
});

it('JSON of others is the same value, without a character that steers a terminal', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\x9b2J\u202e\x7f', '\u2028')), (text) => {
      const json = printableJson(JSON.stringify({ [text]: text }));
      expect(json).not.toMatch(STEERS);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ [text]: text })));
    }),
  );
});
