import type { ComponentConfig, Context, ExecOptions, Router, Target, Targets, Weights } from '@ship/core';
import { errors } from './errors.js';
import { checkWeights, pickTarget } from './targets.js';

/** `router: { command: { … } }` of a component: what a shell can do. */
interface Settings {
  /** Prints the shares as JSON, such as `{"v1": 100}`. */
  readonly weights: string;
  /** Puts those in `SHIP_WEIGHTS` in force before it ends; `SHIP_TARGETS` has the address of each. */
  readonly shift: string;
  /** Exits with 0 where `SHIP_VERSION`, at `SHIP_ADDRESS`, could be given traffic. */
  readonly healthy: string;
}

const settingsOf = ({ router }: ComponentConfig): Settings => router!.settings as unknown as Settings;

/** Any router that has a command line. Values are in the environment, and nothing is put into the text of a command. */
export const commandRouter: Router = {
  settings: {
    $id: 'ship:router/command',
    type: 'object',
    required: ['weights', 'shift', 'healthy'],
    properties: {
      weights: { type: 'string', minLength: 1 },
      shift: { type: 'string', minLength: 1 },
      healthy: { type: 'string', minLength: 1 },
    },
    additionalProperties: false,
  },
  weights: readWeights,
  async shift(ctx, component, asked) {
    checkWeights(component.name, asked);
    const { weights, addresses } = namedByVersion(await ctx.targetsOf(component), asked);
    const { shift } = settingsOf(component);
    const env = { SHIP_WEIGHTS: JSON.stringify(weights), SHIP_TARGETS: JSON.stringify(addresses) };
    // A reload may put a new process in the place of the router.
    await run(ctx, component, shift, env, { leaves: 'service' });
    const found = await readWeights(ctx, component);
    const differs = Object.entries(weights).some(([version, share]) => (found[version] ?? 0) !== share);
    if (differs)
      throw errors.SHIP_ROUTER_PROOF({ component: component.name, wanted: JSON.stringify(weights), found: JSON.stringify(found) });
  },
  async healthy(ctx, component, version) {
    const target = pickTarget(await ctx.targetsOf(component), version);
    const address = target === undefined ? {} : { SHIP_ADDRESS: addressOf(target) };
    const env = { SHIP_VERSION: target?.version ?? version, ...address };
    const { exitCode } = await shell(ctx, component, settingsOf(component).healthy, env);
    return exitCode === 0;
  },
};

const addressOf = ({ host, port }: Target): string => `${host}:${port}`;

/** A driver may ask by the key of one that runs, since two may bear one version. Commands speak of versions, and of where each listens. */
function namedByVersion(targets: Targets, asked: Weights) {
  const weights: Record<string, number> = {};
  const addresses: Record<string, string> = {};
  for (const [key, share] of Object.entries(asked)) {
    const target = pickTarget(targets, key);
    const version = target?.version ?? key;
    weights[version] = (weights[version] ?? 0) + share;
    if (target && share > 0) addresses[version] = addressOf(target);
  }
  return { weights, addresses };
}

async function readWeights(ctx: Context, component: ComponentConfig): Promise<Weights> {
  const { weights } = settingsOf(component);
  const printed = await run(ctx, component, weights, {});
  try {
    const found = JSON.parse(printed) as Record<string, number>;
    checkWeights(component.name, found);
    return found;
  } catch (cause) {
    throw errors.SHIP_ROUTER_REFUSED(
      { router: 'command', command: weights, answer: `not the shares as JSON: ${ctx.redact(printed).slice(0, 200)}` },
      { cause },
    );
  }
}

async function run(
  ctx: Context,
  component: ComponentConfig,
  text: string,
  env: Record<string, string>,
  more: ExecOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await shell(ctx, component, text, env, more);
  if (exitCode !== 0)
    throw errors.SHIP_ROUTER_REFUSED({
      router: 'command',
      command: text,
      answer: ctx.redact(stderr.trim() || `it exited with ${exitCode}`),
    });
  return stdout;
}

function shell(ctx: Context, { name }: ComponentConfig, text: string, env: Record<string, string>, more: ExecOptions = {}) {
  return ctx.exec(['/bin/sh', '-c', text], { ...more, env: { ...env, SHIP_COMPONENT: name }, okExitCodes: 'any' });
}
