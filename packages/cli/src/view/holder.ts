import type { LeaseHolder } from '@ship/core';
import type { Terminal } from '../terminal.js';
import { age } from './time.js';

/** Who holds an environment, and whether they live. */
export function showHolder({ line, paint }: Terminal, environment: string, holder: LeaseHolder): void {
  const { user, host, pid, since, command, run } = holder;
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
