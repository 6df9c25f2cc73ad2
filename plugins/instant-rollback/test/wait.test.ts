import { expect, it } from 'vitest';
import { wait } from '../src/wait.js';

it.each(['before', 'during'])(
  'given a signal that aborts %s a wait, when it is waited for, then its reason is what is thrown',
  async (when) => {
    const reason = new Error('Ctrl-C');
    const interrupt = new AbortController();
    if (when === 'before') interrupt.abort(reason);
    const waited = wait(60_000, interrupt.signal);
    interrupt.abort(reason);
    await expect(waited).rejects.toBe(reason);
  },
);

it('given a time, when it is over, then it resolves', async () => {
  await expect(wait(5, new AbortController().signal)).resolves.toBeUndefined();
});
