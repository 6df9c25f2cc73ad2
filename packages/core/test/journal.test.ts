import { describe, expect, it } from 'vitest';
import type { Entry } from '../src/journal/entries.js';
import { frame, GENESIS, parseJournal, readJournal } from '../src/journal/journal.js';
import { foldJournal } from '../src/journal/state.js';
import { Redactor } from '../src/redact.js';
import { MemoryStore } from '../src/store/memory.js';
import { error, intent, SAMPLE, started, written } from './journal-sample.js';

const parse = (bytes: Buffer) => parseJournal(bytes, 'j');

describe('journal', () => {
  it('given entries, when they are written and read, then they are the same, numbered from 1', async () => {
    const { entries, tornBytes } = parse(await written(SAMPLE));
    expect(tornBytes).toBe(0);
    expect(entries).toMatchObject(SAMPLE);
    expect(entries.map(({ seq }) => seq)).toEqual(SAMPLE.map((_, index) => index + 1));
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
