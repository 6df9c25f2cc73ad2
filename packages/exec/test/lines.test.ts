import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLines } from '../src/lines.js';

const SECRET = 's3cret-Value';
const redact = (text: string) => text.replaceAll(SECRET, '[redacted]');

/** Pushes a text in pieces that end at `cuts`, and collects what is handed on. */
function split(text: string, cuts: readonly number[]): string[] {
  const seen: string[] = [];
  const lines = createLines(redact, (part) => seen.push(part));
  const ends = [...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b);
  ends.reduce((from, to) => {
    lines.push(text.slice(from, to));
    return to;
  }, 0);
  lines.end();
  return seen;
}

const piece = fc.oneof(fc.constantFrom('\n', '\r\n', SECRET, 's3c', 'ü', '😀', ' ', '\u001B[1m'), fc.string({ maxLength: 8 }));
const cuts = fc.array(fc.nat(), { maxLength: 30 });

describe('lines', () => {
  it('never shows a secret, wherever the reads fall', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), cuts, (pieces, at) => {
        expect(split(pieces.join(''), at).join('')).not.toContain(SECRET);
      }),
    );
  });

  it('shows the same text, wherever the reads fall', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), cuts, (pieces, at) => {
        const text = pieces.join('');
        expect(split(text, at).join('')).toBe(split(text, []).join(''));
      }),
    );
  });

  it('hands on whole lines, but for the last', () => {
    fc.assert(
      fc.property(fc.array(piece), cuts, (pieces, at) => {
        expect(
          split(pieces.join(''), at)
            .slice(0, -1)
            .every((part) => part.endsWith('\n')),
        ).toBe(true);
      }),
    );
  });

  it('cuts an endless line, and no secret in it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(30_000), fc.constantFrom(SECRET, '😀', '\u001B[31m')), { minLength: 10, maxLength: 30 }),
        cuts,
        (parts, at) => {
          const text = parts.map(([length, end]) => 'x'.repeat(length) + end).join('');
          const seen = split(text, at);
          expect(seen.join('')).toBe(split(text, []).join(''));
          expect(seen.join('')).toBe(redact(text).replaceAll('\u001B[31m', ''));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('looks at wrapped base64 as a whole, wherever the reads fall', () => {
    const wrapped = Buffer.from(Array.from({ length: 40_000 }, (_, index) => (index * index) % 251))
      .toString('base64')
      .replace(/.{76}/g, '$&\n');
    const at = wrapped.indexOf('\n', 26_000) - 40;
    const hidden = wrapped.slice(at, at + 90);
    expect(hidden).toContain('\n');
    fc.assert(
      fc.property(cuts, (ends) => {
        const seen: string[] = [];
        const lines = createLines(
          (text) => text.replaceAll(hidden, '***'),
          (part) => seen.push(part),
        );
        const all = [...ends.map((end) => end % wrapped.length), wrapped.length].sort((a, b) => a - b);
        all.forEach((end, index) => void lines.push(wrapped.slice(all[index - 1] ?? 0, end)));
        lines.end();
        expect(seen.join('')).toBe(wrapped.replaceAll(hidden, '***'));
      }),
      { numRuns: 50 },
    );
  });

  it('leaves out an endless line that is secret everywhere', () => {
    const all: string[] = [];
    const lines = createLines(
      (text) => text.replace(/^x+|x+$/g, '[redacted]'),
      (text) => all.push(text),
    );
    lines.push(`${'x'.repeat(200_000)}\nnext\n`.slice(0, 150_000));
    lines.push(`${'x'.repeat(50_000)}\nnext\n`);
    expect(all.join('')).toBe('[… a long line left out …]\nnext\n');
  });
});
