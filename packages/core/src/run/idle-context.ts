import type { Kernel } from '../kernel.js';
import type { Context } from '../types/index.js';

/** A context outside any run: it records nothing. */
export function idleContext(kernel: Kernel, run: string, signal: AbortSignal): Context {
  const silent = () => {};
  const { project, environment, dir } = kernel.config;
  return {
    run,
    project,
    environment,
    dir,
    stateDir: kernel.stateDir,
    env: process.env,
    signal,
    log: { debug: silent, info: silent, warn: silent },
    facts: {},
    output: silent,
    redact: (text) => kernel.redactor.redact(text),
    spawned: silent,
    created: async () => {},
  };
}
