import { spawnSync } from 'node:child_process';

/** The same for all: no certificates to load (51 ms a start of Node), no options, no secrets that ship would look for. */
const ENV = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  LANG: 'C.UTF-8',
  CHECKPOINT_DISABLE: '1',
  ANSIBLE_NOCOWS: '1',
};

/** Runs a program to its end. Its output is thrown away unless `read` asks for it; a failure throws. */
export function runChild([file, ...args], { cwd, env = {}, read = false, okCodes = [0] } = {}) {
  const { error, status, signal, stdout, stderr } = spawnSync(file, args, {
    cwd,
    env: { ...ENV, ...env },
    stdio: ['ignore', read ? 'pipe' : 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (error) throw error;
  if (!okCodes.includes(status)) throw new Error(`${file} ${args.join(' ')}: exit ${status ?? signal}\n${stderr.slice(-2000)}`);
  return stdout;
}

/** Milliseconds from the call to the end of a program. */
export function timeChild(argv, options) {
  const started = process.hrtime.bigint();
  runChild(argv, options);
  return Number(process.hrtime.bigint() - started) / 1e6;
}
