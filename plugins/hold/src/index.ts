import { hostname } from 'node:os';
import {
  byOrder,
  type Command,
  type CommandContext,
  definePlugin,
  type Json,
  type PlanReview,
  type RollbackReport,
  type RollbackRequest,
  type RunContext,
  type Store,
  userName,
} from '@ship/core';
import { errors, sentenceOf } from './errors.js';
import { changeHolds, readHolds, released } from './holds.js';
import type { Hold } from './records.js';

export { errors } from './errors.js';

/** What was taken back is held: the same version is not deployed again before somebody has said why it may. */
export default definePlugin({
  name: 'hold',
  ship: '^1',
  options: { $id: 'ship:hold/options', type: 'object', additionalProperties: false, properties: {} },
  apply(ship) {
    const requests = new WeakMap<RunContext, RollbackRequest>();
    ship.command('hold', holdCommand(ship.state));
    ship.hooks.plan.tap('held', (review, { environment }) => demandFree(ship.state, environment, review));
    // The plan was made before the lease was had: the run before this one may have gone back meanwhile.
    ship.hooks.beforeRun.tapPromise('held', async ({ plan, store, environment }) => {
      const held = await heldBy(store, environment, plan);
      if (held.length > 0) throw errors.SHIP_DEPLOY_HELD({ environment, held });
    });
    ship.hooks.beforeRollback.tap('why', (request, run) => void requests.set(run, request));
    ship.hooks.afterRollback.tapPromise('hold', (rollback, run) => hold(rollback, run, requests.get(run)));
  },
});

/** Refuses a deploy of what is held. Of one that is only looked at it is said. */
async function demandFree(store: Store, environment: string, { plan, purpose, finding }: PlanReview): Promise<void> {
  if (purpose === 'rollback') return;
  const held = await heldBy(store, environment, plan);
  if (held.length === 0) return;
  if (purpose === 'deploy') throw errors.SHIP_DEPLOY_HELD({ environment, held });
  for (const each of held)
    finding({ level: 'warn', rule: 'held', message: `${sentenceOf(each, environment)}; \`ship\` would refuse to deploy it` });
}

/** What of a plan is held. Asks nothing where it deploys no component. */
async function heldBy(store: Store, environment: string, { steps }: PlanReview['plan']): Promise<readonly Hold[]> {
  const deployed = steps.flatMap(({ uses, component }) => (uses === 'deploy' && component ? [component] : []));
  if (deployed.length === 0) return [];
  const { holds } = await readHolds(store, environment);
  return holds.filter((each) => deployed.some(({ name, version }) => name === each.component && version === each.version));
}

/** Holds what was live and is not any more, and lifts the hold of what is live now. */
async function hold({ components, target_snapshot }: RollbackReport, run: RunContext, request: RollbackRequest | undefined): Promise<void> {
  const live = new Map(components.flatMap(({ name, to }) => (to === null ? [] : [[name, to]])));
  if (components.length === 0) return;
  const taken = (await isRetreat(run, request, target_snapshot)) ? components.filter(({ from, to }) => from !== null && from !== to) : [];
  const [by, at] = [whoami(), new Date().toISOString()];
  const why = request?.failure?.message ?? 'somebody asked for it';
  const reason = run.reason === undefined ? {} : { reason: run.redact(run.reason) };
  const made = taken.map(
    ({ name, from, to }): Hold => ({ component: name, version: from!, back_to: to, by, at, run: run.run, why, ...reason }),
  );
  const isNew = ({ component, version }: Hold) => made.some((each) => each.component === component && each.version === version);
  await changeHolds(run.store, run.environment, (now) => {
    const left = released(
      now,
      ({ component, version }) => live.get(component) === version,
      by,
      `it is live again since the run ${run.run}`,
    );
    const isSame = made.length === 0 && left.holds.length === now.holds.length;
    return isSame ? undefined : { ...left, holds: [...left.holds.filter((each) => !isNew(each)), ...made] };
  });
  for (const { component, version } of made) run.log.info(`${component} ${version} is held: \`ship hold list\``);
}

/**
 * Was it taken back for what it is? What was cut off has been judged by nobody; and who goes to a snapshot that is newer
 * than what is deployed goes forward.
 */
async function isRetreat(run: RunContext, request: RollbackRequest | undefined, target: string | null): Promise<boolean> {
  if (request?.failure && request.decision?.trigger === 'manual') return false;
  if (request?.to !== 'snapshot' || target === null) return true;
  const deployed = (await run.history.status()).deployed?.snapshot ?? null;
  return deployed === null || byOrder(target, deployed) <= 0;
}

/** `ship hold list`, `ship hold release`. */
function holdCommand(store: Store): Command {
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

/** Who does it, as leases and journals have it. */
const whoami = (): string => `${userName()}@${hostname()}`;
