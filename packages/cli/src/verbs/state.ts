import type { Report } from '@ship/core';
import { type Kernel, pushSpool } from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { answerOf, openFromFlags } from '../open.js';
import type { Terminal } from '../terminal.js';

/** `ship state`: what the store would not take; `ship state push` brings it home. */
export async function state(terminal: Terminal, flags: Flags, words: readonly string[], commandLine: string): Promise<Report> {
  const [word, ...more] = words;
  if ((word !== undefined && word !== 'push') || more.length > 0)
    throw errors.SHIP_USAGE({
      problem: `\`ship state\` takes no ${JSON.stringify(word === 'push' ? more[0] : word)}`,
      hint: '`ship state` shows what waits, `ship state push` brings it home.',
    });
  const kernel = await openFromFlags(terminal, flags);
  const waiting = kernel.spool.list();
  if (waiting.length === 0) terminal.line('nothing waits: the store has everything');
  if (waiting.length === 0 || word === undefined) {
    for (const { key, run } of waiting) terminal.line(`${key} (run ${run})`);
    return answerOf(kernel, 'state', { result: { waiting: waiting.map(({ key }) => key) } });
  }
  return answerOf(kernel, 'state', await push(terminal, kernel, kernel.redactor.redact(commandLine)));
}

async function push(terminal: Terminal, kernel: Kernel, command: string): Promise<Partial<Report>> {
  const { pushed, superseded, refused } = await pushSpool(kernel, { command });
  for (const key of pushed) terminal.line(`${terminal.paint.green('✓')} ${key}`);
  for (const key of superseded) terminal.line(`- ${key}: dropped, a newer run has written there`);
  for (const key of refused)
    terminal.error(`${terminal.paint.red('✗')} ${key}: the journal has gone on without these records; they stay in ${kernel.spool.folder}`);
  const failed = refused.length > 0;
  return {
    status: failed ? 'failed' : 'succeeded',
    exit_code: failed ? 3 : 0,
    result: { pushed: [...pushed], superseded: [...superseded], refused: [...refused] },
  };
}
