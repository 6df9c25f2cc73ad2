import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isShipError } from '../src/errors/ship-error.js';
import type { Entry } from '../src/journal/entries.js';
import { foldJournal } from '../src/journal/fold.js';
import { frame, GENESIS } from '../src/journal/frame.js';
import { Journal } from '../src/journal/journal.js';
import { parseJournal, readJournal } from '../src/journal/read.js';
import { Redactor } from '../src/redact.js';
import { MemoryStore } from '../src/store/memory.js';

const error = { code: 'SHIP_X', message: 'x' };
const intent = (step: string, attempt = 1, before: string | null = 'v1'): Entry => ({
  type: 'intent',
  step,
  uses: 't/ok',
  attempt,
  input: { run: 'ünïcode "quoted" \n 語 �' },
  before,
});
const started: Entry = {
  type: 'run-started',
  run: 'r1',
  project: 'shop',
  environment: 'production',
  command: 'ship',
  owner: { user: 'u', host: 'h', pid: 1, boot_id: 'b' },
  token: 1,
  plan: [{ id: 'a', uses: 't/ok', needs: [] }],
  target_snapshot: null,
};

const SAMPLE: readonly Entry[] = [
  started,
  intent('a'),
  { type: 'process', step: 'a', process: { pid: 7, pgid: 7, command: 'sleep' } },
  { type: 'result', step: 'a', result: { hash: ',"hash":"00000000000000000000000000000000"}' } },
  intent('b'),
  { type: 'attempt-failed', step: 'b', attempt: 1, error },
  { type: 'step-failed', step: 'b', error },
  { type: 'undone', step: 'a', changed: true },
  { type: 'run-finished', status: 'rolled_back', exit_code: 1 },
];

async function written(entries: readonly Entry[], redactor = new Redactor()): Promise<Buffer> {
  const store = new MemoryStore();
  const journal = await Journal.create(store, 'production', 'r1', redactor);
  for (const entry of entries) journal.note(entry);
  await journal.close();
  return (await store.get('runs/production/r1/journal.jsonl'))!.value;
}

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

describe('journal', () => {
  it('given entries, when they are written and read, then they are the same, numbered from 1', async () => {
    const { entries, tornBytes } = parse(await written(SAMPLE));
    expect(tornBytes).toBe(0);
    expect(entries).toMatchObject(SAMPLE);
    expect(entries.map(({ seq }) => seq)).toEqual(SAMPLE.map((_, index) => index + 1));
  });

  it('given any truncation, when it is read, then the whole lines before it are told, and how many bytes were torn', async () => {
    const bytes = await written(SAMPLE);
    const whole = parse(bytes).entries;
    for (let length = 0; length < bytes.length; length += 1) {
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
    expect(silent).toEqual([]);
  });

  it.each([
    ['taken out', (lines: string[]) => [...lines.slice(0, 3), ...lines.slice(4)]],
    ['repeated', (lines: string[]) => [...lines.slice(0, 3), lines[2]!, ...lines.slice(3)]],
    ['swapped with the next', (lines: string[]) => [lines[0]!, lines[2]!, lines[1]!, ...lines.slice(3)]],
    ['put before the first', (lines: string[]) => [lines[1]!, ...lines]],
  ])('given a line that was %s, when it is read, then SHIP_JOURNAL_DAMAGED', async (_, change) => {
    const lines = (await written(SAMPLE)).toString().trimEnd().split('\n');
    expect(() => parse(Buffer.from(`${change(lines).join('\n')}\n`))).toThrow(expect.objectContaining({ code: 'SHIP_JOURNAL_DAMAGED' }));
  });

  it('given a journal of a newer ship, when it is read, then SHIP_JOURNAL_FORMAT names both formats', () => {
    const { line } = frame(JSON.stringify({ format: 2, seq: 1, at: '', type: 'run-started' }), GENESIS);
    expect(() => parse(Buffer.from(line))).toThrow(
      expect.objectContaining({ code: 'SHIP_JOURNAL_FORMAT', message: 'j has format 2, and this ship reads format 1' }),
    );
  });

  it('given no such run, when its journal is read, then SHIP_RUN_NOT_FOUND', async () => {
    await expect(readJournal(new MemoryStore(), 'production', 'nope')).rejects.toMatchObject({ code: 'SHIP_RUN_NOT_FOUND', exitCode: 2 });
  });

  it('given a capture that holds a secret, when it is written, then the journal holds its name and not its value', async () => {
    const redactor = new Redactor([{ name: 'DB_PASSWORD', value: 'hunter2-hunter2' }]);
    const bytes = await written([started, intent('a', 1, 'url=x:hunter2-hunter2@db')], redactor);
    expect(bytes.toString()).not.toContain('hunter2');
    expect(redactor.resolve(parse(bytes).entries[1])).toMatchObject({ before: 'url=x:hunter2-hunter2@db' });
  });
});

describe('fold', () => {
  const fold = async (...entries: Entry[]) => foldJournal(parse(await written([started, ...entries])).entries);

  it.each<[string, Entry[], object]>([
    ['an intent alone', [intent('a')], { status: 'unknown', before: 'v1', attempts: 1 }],
    ['a result', [intent('a'), { type: 'result', step: 'a', result: 'r' }], { status: 'done', result: 'r' }],
    ['a second attempt', [intent('a'), intent('a', 2, 'half done')], { status: 'unknown', before: 'v1', attempts: 2 }],
    ['a failure', [intent('a'), { type: 'step-failed', step: 'a', error }], { status: 'failed', error }],
    ['an undo', [intent('a'), { type: 'undone', step: 'a', changed: true }], { status: 'undone' }],
    [
      'an undo that kept the step',
      [intent('a'), { type: 'result', step: 'a', result: 1 }, { type: 'undone', step: 'a', changed: false, kept: 'no undo' }],
      { status: 'done' },
    ],
    ['an undo that failed', [intent('a'), { type: 'undo-failed', step: 'a', error }], { status: 'undo_failed', error }],
    [
      'an undo after one that failed',
      [intent('a'), { type: 'undo-failed', step: 'a', error }, { type: 'undone', step: 'a', changed: true }],
      { status: 'undone' },
    ],
  ])('given %s, when it is folded, then the step is known to be so', async (_, entries, expected) => {
    expect((await fold(...entries)).steps.get('a')).toMatchObject(expected);
  });

  it('given steps that were retried side by side, when they are folded, then they stand in the order of their first intents', async () => {
    expect([...(await fold(intent('b'), intent('a'), intent('b', 2))).steps.keys()]).toEqual(['b', 'a']);
  });

  it('given no end, when it is folded, then the run has no status: it was interrupted', async () => {
    expect((await fold(intent('a'))).status).toBeUndefined();
    expect(await fold({ type: 'run-finished', status: 'failed', exit_code: 3 })).toMatchObject({
      status: 'failed',
      run: 'r1',
      environment: 'production',
    });
  });
});
