import { errors } from '../errors/catalogue.js';
import type { RollbackRequest } from '../hooks.js';
import type { ComponentConfig, ComponentState, Finding } from '../types/index.js';
import { bounded } from './bounded.js';
import { contextOf, runContextOf } from './contexts.js';
import type { Session } from './session.js';

/** How long a driver may think about whether it can restore a state. */
const ADMISSION_TIMEOUT_MS = 60_000;

/** Can the rollback work, and does it do no harm? Asks drivers and plugins before anything changes; a block throws SHIP_ROLLBACK_REFUSED. */
export async function admit(session: Session, request: RollbackRequest): Promise<readonly Finding[]> {
  const findings: Finding[] = await driverFindings(session, request);
  const { beforeRollback } = session.kernel.hooks;
  if (beforeRollback.isUsed())
    await beforeRollback.promise(request, runContextOf(session), (finding) => findings.push(session.kernel.redactor.redactDeep(finding)));
  const { forceRollback } = session.kernel;
  const blocks = findings.filter(({ level }) => level === 'block' || (level === 'warn' && !forceRollback && request.failure === null));
  if (blocks.length > 0) throw errors.SHIP_ROLLBACK_REFUSED({ blocks: blocks.map(({ message }) => message) });
  return findings;
}

async function driverFindings(session: Session, request: RollbackRequest): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const [component, state] of statesToRestore(session, request)) found.push(...(await findingsOf(session, component, state)));
  return found;
}

/** A run is taken back to what its deploys captured; a person goes back to what the snapshot holds. */
function statesToRestore({ plan, acted }: Session, { target, to }: RollbackRequest): [ComponentConfig, ComponentState][] {
  const stateOf = (component: ComponentConfig): ComponentState | null | undefined => {
    if (to === 'snapshot') return target?.components[component.name];
    const deployed = [...acted.values()].find(({ step }) => step.uses === 'deploy' && step.component?.name === component.name);
    return deployed?.before as unknown as ComponentState | null | undefined;
  };
  return plan.components.flatMap((component) => {
    const state = stateOf(component);
    return state ? [[component, state] as [ComponentConfig, ComponentState]] : [];
  });
}

/** A driver that cannot tell is a warning: nobody is kept from a rollback by a registry that is down. */
async function findingsOf(session: Session, component: ComponentConfig, state: ComponentState): Promise<readonly Finding[]> {
  const driver = session.kernel.registry.drivers.get(component.driver);
  if (!driver?.admit) return [];
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: component.name, timeoutMs: ADMISSION_TIMEOUT_MS });
  const bounds = { timeoutMs: ADMISSION_TIMEOUT_MS, parent: session.signal, timedOut, stuck: timedOut, graceMs: 2_000 };
  try {
    return await bounded(
      bounds,
      async (signal) => (await driver.admit?.(contextOf(session, signal, component.name), component, state)) ?? [],
    );
  } catch (error) {
    const message = `driver ${component.driver} cannot tell whether ${component.name} can go back: ${session.reported(error).message}`;
    return [{ level: 'warn', rule: 'admission-failed', message }];
  }
}
