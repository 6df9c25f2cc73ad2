import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { cleanEnv, type Ended, SHIP } from './ship.js';

/** Starts `ship`, and tells what it has said so far. */
export function started(args: string[], cwd: string, env = {}) {
  const child = spawn(process.execPath, [SHIP, ...args], { cwd, env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const end = new Promise<Ended>((yes) => child.on('close', (code, signal) => yes({ code, signal, ...said })));
  return { child, said, end };
}
