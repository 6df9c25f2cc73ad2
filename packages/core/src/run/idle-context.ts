import type { Kernel } from '../kernel.js';
import type { Context } from '../types/index.js';
import { resolveSecrets } from './session.js';

/** A context outside any run: it records nothing. Without a signal it has one that never aborts, made when somebody looks at it: few do, and it takes Node a while. */
export function idleContext(kernel: Kernel, run: string, given?: AbortSignal): Context {
  let signal = given;
  const silent = () => {};
  const { project, environment, dir } = kernel.config;
  const { drivers, routers } = kernel.registry;
  const context: Context = {
    run,
    project,
    environment,
    dir,
    stateDir: kernel.stateDir,
    env: process.env,
    get signal() {
      signal ??= new AbortController().signal;
      return signal;
    },
    log: { debug: silent, info: silent, warn: silent },
    facts: {},
    output: silent,
    redact: (text) => kernel.redactor.redact(text),
    refer: (value) => kernel.redactor.refer(value),
    resolve: (value) => resolveSecrets(kernel.redactor, value),
    routerOf: ({ router, driver }) => routers.get(router?.name ?? drivers.get(driver)?.router ?? ''),
    async targetsOf(component) {
      return (await drivers.get(component.driver)?.targets?.(this, component)) ?? {};
    },
    spawned: silent,
    created: async () => {},
  };
  return context;
}
