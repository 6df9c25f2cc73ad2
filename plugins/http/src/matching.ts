import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What the other thread does. A pattern may hold it for ever: it can be ended, as this thread could not. */
const MATCH = `const { parentPort, workerData: [pattern, text] } = require('node:worker_threads');
parentPort.postMessage(new RegExp(pattern).test(text));`;

/** What backtracking may take; a pattern that needs more is an error. */
const MOST_MEMORY_MB = 256;

/**
 * Whether a text matches a pattern of the config. The text is a stranger's, and some pattern takes minutes on it, or years:
 * it is matched in a thread that ends when the signal is aborted. Then this rejects with the signal's reason.
 */
export async function matches(text: string, pattern: string, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const worker = new Worker(MATCH, {
    eval: true,
    workerData: [pattern, text],
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
  });
  try {
    const [answer] = await once(worker, 'message', { signal });
    return answer === true;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    void worker.terminate();
  }
}
