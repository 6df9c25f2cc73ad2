import { type ComponentConfig, type Context, parseDuration, type Router, type Weights } from '@ship/core';
import { errors } from './errors.js';
import { wait } from './wait.js';

/** Options in `plugins:`. */
export interface Options {
  /** `instant`, the default: all at once. `gradual`: in steps, with a look at the health after each. */
  readonly strategy?: 'instant' | 'gradual';
  /** Shares of the version that traffic goes to, of `gradual`. */
  readonly steps?: readonly number[];
  /** Between two steps. */
  readonly pause?: string;
}

/** A switch that was made. */
interface Switched {
  /** Null where no version had any traffic. */
  readonly from: string | null;
  readonly to: string;
  /** Until the router had the last weights in force, pauses included. */
  readonly ms: number;
}

const STEPS = [25, 50, 75, 100];
const PAUSE = '10s';

/**
 * Gives all traffic to a version that stands by: its health first, the weights read back as the proof. Whatever fails on
 * the way puts every weight back as it was, and throws.
 */
export async function switchTraffic(
  ctx: Context,
  component: ComponentConfig,
  router: Router,
  to: string,
  { strategy = 'instant', steps = STEPS, pause = PAUSE }: Options,
): Promise<Switched> {
  const { name } = component;
  if (!(await router.healthy(ctx, component, to))) throw errors.SHIP_INSTANT_STANDBY({ component: name, version: to });
  const before = await router.weights(ctx, component);
  const from = heaviest(before, to);
  // All of it is there already, as after a switch whose ship was killed.
  if (from === null && before[to] === 100) return { from: to, to, ms: 0 };
  const started = performance.now();
  try {
    for (const share of strategy === 'instant' || from === null ? [100] : stepsTo100(steps, before[to] ?? 0)) {
      await router.shift(ctx, component, share === 100 || from === null ? { [to]: 100 } : { [to]: share, [from]: 100 - share });
      if (share === 100) continue;
      await wait(parseDuration(pause) ?? 0, ctx.signal);
      if (!(await router.healthy(ctx, component, to))) throw errors.SHIP_INSTANT_ABORTED({ component: name, version: to, share });
    }
    const ms = Math.round(performance.now() - started);
    const after = await router.weights(ctx, component);
    if (after[to] !== 100) throw errors.SHIP_ROUTER_PROOF({ component: name, wanted: `${to} alone`, found: JSON.stringify(after) });
    return { from, to, ms };
  } catch (error) {
    // Both weights go back: one that stays lowered would leave traffic with nobody.
    await router
      .shift(ctx, component, before)
      .catch((second: unknown) => ctx.log.warn(`the weights of ${name} are not back: ${String(second)}`));
    throw error;
  }
}

/** The version that has most of the traffic, besides the one that is to get it. */
function heaviest(weights: Weights, besides: string): string | null {
  const others = Object.keys(weights).filter((version) => version !== besides && (weights[version] ?? 0) > 0);
  return others.sort((one, other) => (weights[other] ?? 0) - (weights[one] ?? 0))[0] ?? null;
}

/** What a switch that was cut off has reached already need not be gone through again. */
const stepsTo100 = (steps: readonly number[], reached: number): number[] =>
  [...new Set(steps.filter((share) => share > reached).concat(100))].sort((one, other) => one - other);
