import type { Json, Output, StepContext } from '@ship/core';
import { localExecutor } from '@ship/exec';
import { temporaryFolder } from './temporary.js';

/** A context for a test of one function, and what was handed to it. */
export interface TestContext extends StepContext {
  /** What tools printed. */
  readonly outputs: Output[];
}

/** A whole context over a temporary folder: commands run on this machine, nothing is recorded. What is given replaces a part. */
export function testContext(given: Partial<StepContext> = {}): TestContext {
  const outputs: Output[] = [];
  const progressed: Record<string, Json> = {};
  const dir = given.dir ?? temporaryFolder();
  const silent = () => {};
  return {
    run: 'run-1',
    project: 'shop',
    environment: 'staging',
    dir,
    stateDir: `${dir}/.speckit`,
    env: process.env,
    signal: new AbortController().signal,
    log: { debug: silent, info: silent, warn: silent },
    facts: {},
    place: { name: 'local' },
    exec(command, options = {}) {
      return localExecutor.exec(this, command, options);
    },
    output: (output) => void outputs.push(output),
    redact: (text) => text,
    refer: (value) => value,
    resolve: (value) => value,
    routerOf: () => undefined,
    targetsOf: async () => ({}),
    spawned: silent,
    created: async () => {},
    history: {
      runs: async () => [],
      report: async () => undefined,
      status: async () => ({ holder: null, deployed: null, last_run: null, recover: null, problems: [] }),
      snapshots: async () => [],
      live: async () => ({}),
    },
    step: { id: 'step', uses: 'test/step', attempt: 1 },
    progressed,
    progress: async (name, value) => {
      progressed[name] = value;
    },
    check: async () => ({ outcome: 'passed', duration_ms: 0, checks: [] }),
    at(target) {
      return { ...this, place: { ...this.place, target } };
    },
    ...given,
    outputs,
  };
}
