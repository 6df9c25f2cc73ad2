// Calls a hook with ten taps that do nothing COUNT times. Prints what a call took in µs, and what awaiting nothing takes.
import { createHooks, guardHooks } from '../../packages/core/dist/hooks.js';

const TAPS = 10;
const [kind, count] = [process.argv[2], Number(process.argv[3])];
const nothing = async () => {};

const KINDS = {
  bare: () => async () => {
    for (let tap = 0; tap < TAPS; tap++) await nothing();
  },
  unused: () => {
    const { afterStep } = guarded(0);
    return async () => {
      if (afterStep.isUsed()) await afterStep.promise({}, {});
    };
  },
  alone: () => calling(tapped(createHooks(), TAPS).afterStep),
  settleAll: () => calling(guarded(TAPS).afterStep),
  bail: () => calling(guarded(TAPS).beforeStep),
};

function guarded(taps) {
  const hooks = createHooks();
  guardHooks(hooks, () => {});
  return tapped(hooks, taps);
}

function tapped(hooks, taps) {
  for (let tap = 0; tap < taps; tap++) {
    hooks.afterStep.tapPromise(`tap ${tap}`, nothing);
    hooks.beforeStep.tapPromise(`tap ${tap}`, nothing);
  }
  return hooks;
}

const calling = (hook) => () => hook.promise({}, {});

async function microseconds(call) {
  for (let warm = 0; warm < count / 10; warm++) await call();
  const started = performance.now();
  for (let turn = 0; turn < count; turn++) await call();
  return ((performance.now() - started) * 1000) / count;
}

process.stdout.write(`${await microseconds(KINDS[kind]())}\n${await microseconds(nothing)}\n`);
