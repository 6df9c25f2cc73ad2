import type { Command, CommandContext, Json, Store } from '@ship/core';
import { errors, sentenceOf } from './errors.js';
import { changeHolds, readHolds, released } from './holds.js';
import type { Hold } from './records.js';
import { whoami } from './who.js';

/** `ship hold list`, `ship hold release`. */
export function holdCommand(store: Store): Command {
  return {
    summary: 'versions that were taken back, and are not deployed again',
    usage: 'list | release COMPONENT[@VERSION]|all --reason TEXT',
    async run(ctx, [verb = 'list', ...words]) {
      if (verb === 'list' && words.length === 0) return list(store, ctx);
      if (verb === 'release' && words.length === 1) return release(store, ctx, words[0]!);
      throw errors.SHIP_HOLD_USAGE({ problem: `\`ship hold ${[verb, ...words].join(' ')}\` is not understood` });
    },
  };
}

async function list(store: Store, { environment, print }: CommandContext): Promise<Json> {
  const { holds } = await readHolds(store, environment);
  if (holds.length === 0) print(`Nothing is held in ${environment}.`);
  for (const hold of holds) print(sentenceOf(hold, environment));
  return holds as unknown as Json;
}

async function release(store: Store, { environment, print, reason, redact }: CommandContext, given: string): Promise<Json> {
  if (reason === undefined) throw errors.SHIP_HOLD_USAGE({ problem: '`ship hold release` wants to know why: --reason TEXT' });
  let over: readonly Hold[] = [];
  await changeHolds(store, environment, (now) => {
    over = now.holds.filter((hold) => isNamed(hold, given));
    if (over.length === 0 && given !== 'all')
      throw errors.SHIP_HOLD_UNKNOWN({ given, environment, held: now.holds.map(({ component, version }) => `${component}@${version}`) });
    return over.length === 0 ? undefined : released(now, (hold) => isNamed(hold, given), whoami(), redact(reason));
  });
  for (const { component, version } of over) print(`${component} ${version} may be deployed to ${environment} again`);
  if (over.length === 0) print(`Nothing is held in ${environment}.`);
  return { released: over } as unknown as Json;
}

/** `web`, `web@1.1.0` or `all`. */
const isNamed = ({ component, version }: Hold, given: string): boolean =>
  given === 'all' || given === component || given === `${component}@${version}`;
