import { inTime } from '../../deadline.js';
import type { Kernel } from '../../kernel.js';
import type { ComponentConfig, ComponentState } from '../../types/index.js';
import { idleContext } from '../contexts.js';

/** What the driver of a component says of it now. */
export interface Looked {
  /** What is live; null: nothing, or nobody can tell. */
  readonly version: string | null;
  /** Whether it serves as it should; null where nobody can tell. */
  readonly healthy: boolean | null;
  /** Why it does not serve, or why it could not be asked. */
  readonly problem?: string;
}

/** What is live, by component. */
export type Live = Readonly<Record<string, Looked>>;

/** How long a driver may take. */
const LOOK_MS = 10_000;

/** Asks the drivers what is live, side by side. One that does not answer keeps no other from its turn. */
export async function look(kernel: Kernel, outer?: AbortSignal): Promise<Live> {
  const looked = await Promise.all(
    Object.values(kernel.config.components).map(async (component) => [component.name, await lookAt(kernel, component, outer)] as const),
  );
  return kernel.redactor.redactDeep(Object.fromEntries(looked));
}

async function lookAt(kernel: Kernel, component: ComponentConfig, outer: AbortSignal | undefined): Promise<Looked> {
  const driver = kernel.registry.drivers.get(component.driver);
  if (driver === undefined) return { version: null, healthy: null, problem: `there is no driver ${component.driver}` };
  const controller = new AbortController();
  const signal = outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]);
  const said: string[] = [];
  const idle = idleContext(kernel, 'look', signal, true);
  const context = { ...idle, log: { ...idle.log, warn: (message: string) => void said.push(message) } };
  const late = () => new Error(`its driver did not answer within ${LOOK_MS / 1000} s`);
  try {
    return answerOf(await inTime(() => driver.describe(context, component), late, LOOK_MS), component.name, said);
  } catch (error) {
    outer?.throwIfAborted();
    return { version: null, healthy: null, problem: `nobody can tell what is live: ${(error as Error).message}` };
  } finally {
    controller.abort();
  }
}

function answerOf(state: ComponentState | undefined, name: string, said: readonly string[]): Looked {
  if (state === undefined) return { version: null, healthy: null };
  const { version, healthy } = state;
  if (healthy) return { version, healthy };
  const why = said.map((line) => line.replace(`${name}: `, '')).join('; ');
  return { version, healthy, problem: why === '' ? `${version} does not serve` : why };
}
