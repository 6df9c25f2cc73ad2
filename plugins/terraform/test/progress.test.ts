import type { Json, StepContext } from '@ship/core';
import { describe, expect, it } from 'vitest';
import { ApplyProgress, unfinished } from '../src/actions/progress.js';

/** A step whose entries become durable when the test says so. */
function step() {
  const progressed: Record<string, Json> = {};
  const waiting: { name: string; settle: (error?: Error) => void }[] = [];
  const progress = (name: string, value: Json) =>
    new Promise<void>((resolve, reject) => {
      const settle = (error?: Error) => {
        if (error) return reject(error);
        progressed[name] = value;
        resolve();
      };
      waiting.push({ name, settle });
    });
  return { ctx: { progressed, progress } as unknown as StepContext, waiting };
}

const message = (type: 'started' | 'completed' | 'errored' | 'reported', address: string) => ({ type, text: '', address });

describe('the progress of an apply', () => {
  it('given an apply that was cut off, then what it began and did not finish is known; after its end nothing is', async () => {
    const { ctx, waiting } = step();
    const progress = new ApplyProgress(ctx);
    expect(unfinished(ctx)).toBeUndefined();

    void progress.begin();
    for (const address of ['a.one', 'a.two', 'a.three']) progress.note(message('started', address));
    progress.note(message('reported', 'a.four'));
    progress.note(message('completed', 'a.one'));
    progress.note(message('errored', 'a.two'));
    for (const { settle } of waiting) settle();
    expect(unfinished(ctx)).toEqual(['a.three']);

    void progress.end();
    waiting.at(-1)!.settle();
    expect(unfinished(ctx)).toBeUndefined();
  });

  it('given entries that are not durable yet, then none is waited for before the next is written, in order, and all are at the end', async () => {
    const { ctx, waiting } = step();
    const progress = new ApplyProgress(ctx);
    progress.note(message('started', 'a.one'));
    progress.note(message('completed', 'a.one'));
    progress.note(message('started', 'a.two'));
    expect(waiting.map(({ name }) => name)).toEqual(['a.one', 'a.one', 'a.two']);

    let isWritten = false;
    const written = progress.written().then(() => {
      isWritten = true;
    });
    waiting[2]!.settle();
    waiting[0]!.settle();
    await new Promise(setImmediate);
    expect(isWritten).toBe(false);
    waiting[1]!.settle();
    await written;
  });

  it('given an entry that cannot be written, then the end says so', async () => {
    const { ctx, waiting } = step();
    const progress = new ApplyProgress(ctx);
    progress.note(message('started', 'a.one'));
    progress.note(message('completed', 'a.one'));
    waiting[0]!.settle(new Error('the disk is full'));
    waiting[1]!.settle();
    await new Promise(setImmediate);

    await expect(progress.written()).rejects.toThrow('the disk is full');
  });
});
