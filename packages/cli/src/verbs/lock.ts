import type { Json, LeaseHolder, Report } from '@ship/core';
import { freeLease, type Kernel } from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { answerOf, interactionOn, openFromFlags, openToRead } from '../open.js';
import { interruptible } from '../process.js';
import type { Terminal } from '../terminal.js';
import { age } from '../view/format.js';

/** `ship lock status`, `ship lock release`. */
export async function lock(terminal: Terminal, flags: Flags, [word = 'status', ...rest]: readonly string[]): Promise<Report> {
  if (rest.length === 0 && word === 'status') return status(terminal, await openToRead(terminal, flags));
  if (rest.length === 0 && word === 'release')
    return interruptible(terminal, async (interrupts) =>
      release(terminal, await openFromFlags(terminal, flags, { interaction: await interactionOn(terminal, interrupts) }), flags.reason),
    );
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

async function release(terminal: Terminal, kernel: Kernel, reason: string | undefined): Promise<Report> {
  const { line, paint } = terminal;
  const { environment } = kernel.config;
  const holder = await freeLease(kernel);
  if (holder === undefined) line(`${paint.green('✓')} ${environment} is free already: there is nothing to release`);
  else if (holder.damaged !== undefined) {
    line(`${paint.yellow('!')} ${holder.evidence}: it was moved aside, to ${holder.damaged}.damaged`);
    line(`${paint.green('✓')} ${environment} is free`);
  } else {
    line(`${paint.green('✓')} ${environment} is free: it was held by ${holder.user}@${holder.host} (pid ${holder.pid}, run ${holder.run})`);
    if (holder.liveness === 'unproven') line('  Should it still run, it stops before its next write.');
    line('  What its run left, if it had begun to act, waits for `ship recover`: see `ship status`.');
  }
  return answerOf(kernel, 'lock', {
    ...(reason === undefined ? {} : { reason: kernel.redactor.redact(reason) }),
    result: { released: holder !== undefined, holder: asJson(holder) },
  });
}

const asJson = (holder: LeaseHolder | undefined): Json => (holder === undefined ? null : ({ ...holder } as unknown as Json));

/** Who holds an environment, and whether they live. */
function showHolder({ line, paint }: Terminal, environment: string, holder: LeaseHolder): void {
  const { user, host, pid, since, command, run, damaged } = holder;
  if (damaged !== undefined) {
    line(`${paint.yellow('!')} nobody can tell who holds ${paint.bold(environment)}: ${lifeOf(holder)}`);
    return;
  }
  line(`${paint.yellow('!')} ${paint.bold(environment)} is held by ${user}@${host} (pid ${pid}) since ${since}`);
  line(`    command  ${command}`);
  line(`    run      ${run}`);
  line(`    holder   ${lifeOf(holder)}`);
}

/** Whether a holder lives, and how that is known. */
export function lifeOf({ liveness, evidence, heartbeat_age_ms }: LeaseHolder): string {
  const heartbeat = heartbeat_age_ms === null ? '' : `; its last heartbeat is ${age(heartbeat_age_ms)} old`;
  const proof = `${evidence}${heartbeat}`;
  if (liveness === 'alive') return `alive: ${proof}`;
  if (liveness === 'dead') return `dead: ${proof}. The next run takes the lease over`;
  return `not provable from here: ${proof}. If you know that it is dead: \`ship lock release\``;
}
