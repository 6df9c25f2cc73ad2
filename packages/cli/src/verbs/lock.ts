import type { Json, LeaseHolder, Report } from '@ship/core';
import { freeLease, type Interaction, type Kernel } from '@ship/core/kernel';
import { answerOf } from '../answer.js';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { openFromFlags } from '../open.js';
import { listenToSignals } from '../signals.js';
import type { Terminal } from '../terminal.js';
import { showHolder } from '../view/holder.js';

/** `ship lock status`, `ship lock release`. */
export async function lock(terminal: Terminal, flags: Flags, [word = 'status', ...rest]: readonly string[]): Promise<Report> {
  if (rest.length === 0 && word === 'status') return status(terminal, await openFromFlags(flags));
  if (rest.length === 0 && word === 'release')
    return withQuestions(terminal, async (asks) => release(terminal, await openFromFlags(flags, asks)));
  throw errors.SHIP_USAGE({
    problem: `\`ship lock ${[word, ...rest].join(' ')}\` is not understood`,
    hint: 'It is `ship lock status`, or `ship lock release`.',
  });
}

async function status(terminal: Terminal, kernel: Kernel): Promise<Report> {
  const holder = await kernel.store.leaseOwner(kernel.config.environment);
  if (holder) showHolder(terminal, kernel.config.environment, holder);
  else terminal.line(`${terminal.paint.green('✓')} ${kernel.config.environment} is free`);
  return answerOf(kernel, 'lock', { result: { held: holder !== undefined, holder: asJson(holder) } });
}

async function release(terminal: Terminal, kernel: Kernel): Promise<Report> {
  const { line, paint } = terminal;
  const { environment } = kernel.config;
  const holder = await freeLease(kernel);
  if (holder === undefined) line(`${paint.green('✓')} ${environment} is free already: there is nothing to release`);
  else {
    line(`${paint.green('✓')} ${environment} is free: it was held by ${holder.user}@${holder.host} (pid ${holder.pid}, run ${holder.run})`);
    if (holder.liveness === 'unproven') line('  Should it still run, it stops before its next write.');
    line('  What its run left, if it had begun to act, waits for `ship recover`: see `ship status`.');
  }
  return answerOf(kernel, 'lock', { result: { released: holder !== undefined, holder: asJson(holder) } });
}

async function withQuestions<T>(terminal: Terminal, work: (interaction: Interaction) => Promise<T>): Promise<T> {
  const interrupts = listenToSignals((text) => terminal.error(text));
  try {
    return await work(terminal.interactive ? (await import('../prompts.js')).promptingInteraction(interrupts.signal, terminal) : {});
  } finally {
    interrupts.stop();
  }
}

const asJson = (holder: LeaseHolder | undefined): Json => (holder === undefined ? null : ({ ...holder } as unknown as Json));
