import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Argv, type CommandFailed, type ExecuteOptions, execute, isCommandFailed, shellCommand } from '@ship/exec';

export const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** Who starts commands. What is said of a command holds for both. */
export const STARTERS = ['Node', 'a spawner'] as const;

/** The environment of commands that a spawner starts. */
const baseEnv = { ...process.env };
let starter: (typeof STARTERS)[number] = 'Node';

/** From here on it starts the commands of this file. A spawner is waited for. */
export async function startBy(name: (typeof STARTERS)[number]): Promise<void> {
  starter = name;
  if (name === 'Node') return;
  let spawner = process.pid;
  for (; spawner === process.pid; spawner = await parentOf()) await pause(5);
  // Else the next command would find none.
  await until(() => waitingAt(spawner) !== undefined);
  await pause(20);
}

/** The process that waits for a command at a spawner. */
export function waitingAt(spawner: number): number | undefined {
  const found = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && isWaiting(pid, spawner));
  return found === undefined ? undefined : Number(found);
}

function isWaiting(pid: string, spawner: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state !== 'Z' && Number(parent) === spawner;
  } catch {
    return false;
  }
}

/** The parent of a command. */
export async function parentOf(options?: ExecuteOptions): Promise<number> {
  return Number((await sh('echo $PPID', options)).stdout);
}

/** Executes a command, by whoever starts commands now. */
export function run(command: Argv, options?: ExecuteOptions) {
  return execute(command, starter === 'Node' ? options : { baseEnv, ...options });
}

/** Executes what must fail, and returns the failure. */
export async function failure(command: Argv, options?: ExecuteOptions): Promise<CommandFailed> {
  const outcome: unknown = await run(command, options).catch((error) => error);
  if (!isCommandFailed(outcome)) throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`);
  return outcome;
}

export const sh = (text: string, options?: ExecuteOptions) => run(shellCommand(text), options);

export function running(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function until(holds: () => boolean, ms = 3_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); await pause(5)) if (Date.now() > end) throw new Error('it never came true');
}

export const openFiles = () => readdirSync('/proc/self/fd').length;
