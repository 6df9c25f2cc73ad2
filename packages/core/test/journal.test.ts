import { Redactor } from '@ship/redact';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../src/journal/entries.js';
import { frame, GENESIS, parseJournal, readJournal } from '../src/journal/journal.js';
import { foldJournal } from '../src/journal/state.js';
import { MemoryStore } from '../src/store/memory.js';
import { error, intent, SAMPLE, started, step, written } from './journal-sample.js';

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
    const { line } = frame(JSON.stringify({ format: 3, seq: 1, at: '', type: 'run-started' }), GENESIS);
    expect(() => parse(Buffer.from(line))).toThrow(
      expect.objectContaining({ code: 'SHIP_JOURNAL_FORMAT', message: 'j has format 3, and this ship reads format 2' }),
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

const A = step('a');
const undone: Entry = { ...A, type: 'restored', changed: true };
const undoFailed: Entry = { ...A, type: 'failed', act: 'restore', error };

describe('fold', () => {
  const fold = async (...entries: Entry[]) => foldJournal(parse(await written([started, ...entries])).entries);

  it.each<[string, Entry[], object]>([
    ['an intent alone', [intent('a')], { status: 'unknown', before: 'v1', attempts: 1 }],
    ['a result', [intent('a'), { ...A, type: 'result', result: 'r' }], { status: 'done', result: 'r' }],
    ['a second attempt', [intent('a'), intent('a', 2, 'half done')], { status: 'unknown', before: 'v1', attempts: 2 }],
    ['an attempt after an undo', [intent('a'), undone, intent('a', 2, 'v0')], { status: 'unknown', before: 'v0', attempts: 2 }],
    ['a failure', [intent('a'), { ...A, type: 'failed', act: 'run', attempt: 1, error }], { status: 'failed', error }],
    ['a failure before another attempt', [intent('a'), { ...A, type: 'failed', act: 'run', retried: true, error }], { status: 'unknown' }],
    ['an undo', [intent('a'), undone], { status: 'undone' }],
    [
      'an undo that kept the step',
      [intent('a'), { ...A, type: 'result', result: 1 }, { ...A, type: 'restored', changed: false, kept: 'no undo' }],
      { status: 'done', kept: 'no undo' },
    ],
    ['an undo that failed', [intent('a'), undoFailed], { status: 'undo_failed', error }],
    ['an undo after one that failed', [intent('a'), undoFailed, undone], { status: 'undone' }],
    [
      'progress',
      [intent('a'), { type: 'progress', step: 'a', name: 'host-1', value: 1 }, { type: 'progress', step: 'a', name: 'host-1', value: 2 }],
      { progress: { 'host-1': 2 } },
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

describe('a journal of format 1', () => {
  /** As ship 0.1 wrote it. */
  const old = [
    { ...started, format: 1 },
    { type: 'intent', step: 'a', uses: 't/ok', attempt: 1, input: {}, before: 'v1' },
    { type: 'process', step: 'a', process: { pid: 7, pgid: 7, command: 'sleep' } },
    { type: 'created', step: 'a', attempt: 1, resource: { type: 'bucket', id: 'b-1', provenance: 'created' } },
    { type: 'result', step: 'a', result: 'r' },
    { type: 'intent', step: 'b', uses: 'deploy', component: 'api', attempt: 1, input: {}, before: null },
    { type: 'attempt-failed', step: 'b', attempt: 1, error },
    { type: 'step-failed', step: 'b', attempt: 2, error },
    { type: 'undo-intent', step: 'b' },
    { type: 'undone', step: 'b', changed: true },
    { type: 'remove-intent', step: 'a', resource: { type: 'bucket', id: 'b-1' } },
    { type: 'remove-failed', step: 'a', resource: { type: 'bucket', id: 'b-1' }, error },
    { type: 'undo-failed', step: 'a', error },
    { type: 'component-intent', component: 'api', before: null, target: { version: 'v1' } },
    { type: 'component-restored', component: 'api', changed: true },
    { type: 'part-intent', part: 'infra', target: 1 },
    { type: 'part-failed', part: 'infra', error },
  ];

  it('given each of its entries, when it is read, then the run is known as it was', () => {
    let previous = GENESIS;
    const lines = old.map((entry, index) => {
      const { line, hash } = frame(JSON.stringify({ ...entry, seq: index + 1, at: '' }), previous);
      previous = hash;
      return line;
    });
    const state = foldJournal(parse(Buffer.from(lines.join(''))).entries);
    expect(state.steps.get('a')).toMatchObject({ status: 'undo_failed', before: 'v1', result: 'r', error, attempts: 1 });
    expect(state.steps.get('b')).toMatchObject({ status: 'undone', component: 'api', before: null });
    expect(state.failedAttempts.get('b')).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
    expect(state.resources).toMatchObject([{ step: 'a', resource: { id: 'b-1' }, fate: 'remove_failed', error }]);
    expect(state.expected.get('api')).toEqual({ version: 'v1' });
  });
});
