import { canSpawnBeside, Spawner } from './spawner.js';
import type { Argv, ExecuteOptions, Started } from './types.js';

/** A process that starts fewer commands than that has nothing of a spawner: one costs as much as a command. */
const WORTHWHILE_AFTER = 3;
/** As many commands at a time have one each; more are started by Node. */
const MOST = 8;

let startedByNode = 0;
let canOpen = canSpawnBeside;
let starting: Spawner | undefined;
const open = new Set<Spawner>();
let idle: Spawner[] = [];

/** Starts a command by a spawner of its environment, if one waits and can take it. */
export function startBeside(command: Argv, options: ExecuteOptions, fds: readonly [number, number]): Started | undefined {
  const { baseEnv, input } = options;
  if (baseEnv === undefined || input !== undefined) return undefined;
  for (const other of idle.filter(({ env }) => env !== baseEnv)) other.retire();
  const spawner = idle.at(-1);
  const started = spawner?.start(command, options, fds);
  if (started !== undefined) idle.pop();
  return started;
}

/** Node has just started a command, and waits for it: the next one may find a spawner. */
export function prepareSpawner({ baseEnv }: ExecuteOptions): void {
  startedByNode += 1;
  if (!canOpen || baseEnv === undefined || startedByNode < WORTHWHILE_AFTER || starting !== undefined || open.size >= MOST) return;
  starting = new Spawner(baseEnv, { ready, gone });
  open.add(starting);
}

function ready(spawner: Spawner): void {
  if (spawner === starting) starting = undefined;
  idle.push(spawner);
}

function gone(spawner: Spawner): void {
  open.delete(spawner);
  idle = idle.filter((other) => other !== spawner);
  // One that was never ready: Perl is not there, or may not do what a spawner does.
  if (spawner === starting) {
    starting = undefined;
    canOpen = false;
  }
}
