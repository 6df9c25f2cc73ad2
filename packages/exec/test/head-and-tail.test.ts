import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadAndTail } from '../src/output.js';

/** What is kept of a text that comes in pieces of these lengths, and then the rest. */
function kept(text: string, maxBytes: number, lengths: readonly number[]): { text: string; truncated: boolean } {
  const bytes = Buffer.from(text);
  const both = new HeadAndTail(maxBytes);
  let at = 0;
  for (const length of lengths) {
    both.add(bytes.subarray(at, at + length));
    at += length;
  }
  both.add(bytes.subarray(at));
  return both.text();
}

const lengths = fc.array(fc.nat(40), { maxLength: 600 });

describe('head and tail', () => {
  it('given a text that fits, when it comes in pieces, then all of it is kept', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), lengths, (text, pieces) => {
        expect(kept(text, 8000, pieces)).toEqual({ text: Buffer.from(text).toString(), truncated: false });
      }),
    );
  });

  it('given lines that do not fit, when they come in pieces, then whole lines of both ends are kept, and the rest is counted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 3000 }), fc.integer({ min: 20, max: 300 }), lengths, (count, maxBytes, pieces) => {
        const lines = Array.from({ length: count }, (_, index) => `${index}\n`).join('');
        fc.pre(lines.length > maxBytes + 1);
        const { text, truncated } = kept(lines, maxBytes, pieces);
        const [, head = '', missing, tail = ''] = /^([^[]*)\[… (\d+) bytes left out …\]\n([^[]*)$/.exec(text) ?? [];
        expect(truncated).toBe(true);
        expect(lines.startsWith(head) && lines.endsWith(tail) && `\n${tail}`.endsWith(`\n${count - 1}\n`)).toBe(true);
        expect(head.length + Number(missing) + tail.length).toBe(lines.length);
        expect(head.length + tail.length).toBeLessThanOrEqual(maxBytes + 1);
      }),
    );
  });
});
