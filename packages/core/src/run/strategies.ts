import { errors } from '../errors/catalogue.js';
import { isShipError, messageOf } from '../errors/ship-error.js';
import type { FailureContext, Strategy, StrategyQuestion } from '../types/index.js';
import { bounded } from './bounded.js';
import { contextOf } from './contexts.js';
import type { Session } from './session.js';
import { capturedStates, isDeploy } from './undo-run.js';

/** How long a strategy may think. */
const STRATEGY_TIMEOUT_MS = 30_000;

type Way = keyof Strategy;

/** Does any plugin have that way back from this failure? One that cannot tell has none. */
export async function hasWay(session: Session, way: Way, failure: FailureContext['failure']): Promise<boolean> {
  const { strategies } = session.kernel.registry;
  for (const name of strategies.names()) {
    if (strategies.get(name)?.[way] && (await ask(session, name, way, questionOf(session, failure)))) return true;
  }
  return false;
}

function questionOf(session: Session, failure: FailureContext['failure']): StrategyQuestion {
  const { kernel, acted, target } = session;
  const component = failure.component === undefined ? undefined : kernel.config.components[failure.component];
  const deployed = [...acted.values()].filter(isDeploy).map(({ step }) => step.component!);
  return {
    failure,
    ...(component ? { component } : {}),
    components: kernel.config.components,
    deployed: [...new Set(deployed)],
    states: Object.fromEntries(capturedStates(session)),
    target,
  };
}

async function ask(session: Session, name: string, way: Way, question: StrategyQuestion): Promise<boolean> {
  const source = `${session.kernel.registry.strategies.ownerOf(name)}/${way}`;
  const timedOut = () => errors.SHIP_HOOK_TIMEOUT({ source, deadlineMs: STRATEGY_TIMEOUT_MS }, { source });
  const bounds = { timeoutMs: STRATEGY_TIMEOUT_MS, parent: session.signal, timedOut, stuck: timedOut, graceMs: 2_000 };
  try {
    const strategy = session.kernel.registry.strategies.get(name)!;
    const answer: unknown = await bounded(bounds, (signal) => strategy[way]!(contextOf(session, signal, name), question));
    if (typeof answer === 'boolean') return answer;
    throw errors.SHIP_HOOK_CONTRACT({ source, answer: JSON.stringify(answer) ?? String(answer), expected: 'true or false' }, { source });
  } catch (error) {
    session.report(isShipError(error) ? error : errors.SHIP_HOOK_FAILED({ source, message: messageOf(error) }, { cause: error, source }));
    return false;
  }
}
