import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Argv, type CommandFailed, type ExecuteOptions, execute, isCommandFailed, shellCommand } from '@ship/exec';

export const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** Executes what must fail, and returns the failure. */
export async function failure(command: Argv, options?: ExecuteOptions): Promise<CommandFailed> {
  const outcome: unknown = await execute(command, options).catch((error) => error);
  if (!isCommandFailed(outcome)) throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`);
  return outcome;
}

export const sh = (text: string, options?: ExecuteOptions) => execute(shellCommand(text), options);

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
