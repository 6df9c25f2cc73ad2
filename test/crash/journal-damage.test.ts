import { isShipError } from '@ship/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseJournal } from '../../packages/core/src/journal/journal.js';
import { SAMPLE, written } from '../../packages/core/test/journal-sample.js';
import { figuresOf } from './figures.js';

const figures = figuresOf('A journal that is damaged', { truncations: 0, flips: 0, silentErrors: 0 });

const parse = (bytes: Buffer) => parseJournal(bytes, 'j');

/** Reads damaged bytes. What is neither refused nor told as torn is a silent error. */
function silentError(bytes: Buffer, whole: readonly object[]): string | undefined {
  try {
    const { entries, tornBytes } = parse(bytes);
    const isPrefix = entries.length < whole.length && JSON.stringify(entries) === JSON.stringify(whole.slice(0, entries.length));
    return isPrefix && tornBytes > 0 ? undefined : `${entries.length} entries, ${tornBytes} torn bytes`;
  } catch (thrown) {
    return isShipError(thrown) && ['SHIP_JOURNAL_DAMAGED', 'SHIP_JOURNAL_FORMAT'].includes(thrown.code) ? undefined : String(thrown);
  }
}

it('given any truncation, when it is read, then the whole lines before it are told, and how many bytes were torn', async () => {
  const bytes = await written(SAMPLE);
  const whole = parse(bytes).entries;
  for (let length = 0; length < bytes.length; length += 1) {
    figures.truncations += 1;
    const cut = bytes.subarray(0, length);
    const lines = cut.filter((byte) => byte === 0x0a).length;
    const { entries, tornBytes } = parse(cut);
    expect(entries).toEqual(whole.slice(0, lines));
    expect(tornBytes).toBe(length - (cut.lastIndexOf(0x0a) + 1));
  }
});

it('given any one of 10,000 bit flips, when it is read, then none is a silent error', async () => {
  const bytes = await written(SAMPLE);
  const whole = parse(bytes).entries;
  const flips = fc.sample(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 7 })), { numRuns: 10_000, seed: 7 });
  const silent = flips.flatMap(([at, bit]) => {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 1 << bit;
    const problem = silentError(flipped, whole);
    return problem === undefined ? [] : [`bit ${bit} of byte ${at}: ${problem}`];
  });
  figures.flips = flips.length;
  figures.silentErrors = silent.length;
  expect(silent).toEqual([]);
});
