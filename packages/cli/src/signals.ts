import { errors } from './errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What listens to signals while a run is under way. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** A process group that a step started: the second signal ends it. */
  track(pgid: number): void;
  stop(): void;
}

/**
 * The first signal asks the run to stop: it schedules nothing more and interrupts its tools.
 * The second one ends the tools and the process.
 */
export function listenToSignals(say: (text: string) => void): Interrupts {
  const controller = new AbortController();
  const groups = new Set<number>();
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      say(`${name}: stopping; what runs is interrupted. Once more ends it at once.`);
      controller.abort(errors.SHIP_INTERRUPTED({ signal: name }));
      return;
    }
    say(`${name} again: ended. What was under way is in an unknown state; the journal of the run names it.`);
    for (const pgid of groups) kill(pgid);
    process.exit(130);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    track: (pgid) => groups.add(pgid),
    stop: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

function kill(pgid: number): void {
  try {
    process.kill(-pgid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
