import { isShipError } from '../../errors/ship-error.js';
import { isDeploy } from '../../journal/state.js';
import type { Finding, RollbackRequest, Snapshot } from '../../types/index.js';
import { runContextOf } from '../contexts.js';
import type { Session } from '../session.js';
import { askedInTime, type Restorable, restorableComponent, restorablePart, restorableStep } from './restorables.js';
import { heldParts } from './snapshot-parts.js';
import { isDue } from './undo.js';

/** What was found, and what of it refuses the way back. */
export interface Admission {
  readonly findings: readonly Finding[];
  readonly refused: readonly string[];
}

/**
 * Can this way back work, and does it do no harm? Asks all that would go back, and plugins, before anything changes. What a
 * person must be asked about was settled where it `isBegun`: to leave it half way would do no better.
 */
export async function admit(session: Session, request: RollbackRequest, isBegun: boolean): Promise<Admission> {
  const { kernel } = session;
  const asked = await Promise.all(concernedBy(session, request).map((restorable) => findingsOf(session, restorable)));
  const findings: Finding[] = [...targetFindings(session, request), ...kernel.redactor.redactDeep(asked.flat())];
  const { beforeRollback } = kernel.hooks;
  if (beforeRollback.isUsed())
    await beforeRollback.promise(request, runContextOf(session), (finding) => findings.push(kernel.redactor.redactDeep(finding)));
  const isAccepted = kernel.forceRollback || request.failure !== null || isBegun;
  const blocks = findings.filter(({ level }) => level === 'block' || (level === 'warn' && !isAccepted));
  return { findings, refused: blocks.map(({ message }) => message) };
}

/** What a request would put back. Traffic waits for the components alone that it is switched to. */
function concernedBy(session: Session, { way, to, target, scope, component, states }: RollbackRequest): Restorable[] {
  if (to === 'captures')
    return [...session.state.steps.values()]
      .filter((step) => isDue(step) && (component === undefined || step.component === component) && (way !== 'instant' || isDeploy(step)))
      .map((step) => restorableStep(session, step));
  if (target === null) return [];
  const components = session.plan.components.flatMap((each) => {
    const state = states[each.name];
    return state ? [restorableComponent(session, each, state)] : [];
  });
  // Parts go back with the whole environment alone.
  const parts = scope === 'full' ? heldParts(session.kernel, target) : [];
  return [...components, ...parts.map((held) => restorablePart(session, target, held))];
}

/** An unknown answer is a warning: nobody is kept from a rollback by a registry that is down. */
async function findingsOf(session: Session, restorable: Restorable): Promise<readonly Finding[]> {
  const { admit: ask, admittedBy, what } = restorable;
  if (ask === undefined) return [];
  const name = admittedBy ?? what;
  try {
    return await askedInTime(session, restorable, ask);
  } catch (error) {
    if (isShipError(error) && error.code === 'SHIP_SECRET_MISSING')
      return [{ level: 'block', rule: 'secret-missing', message: `${name} cannot go back: ${error.message}` }];
    const message = `nobody can tell whether ${name} can go back: ${session.reported(error).message}`;
    return [{ level: 'warn', rule: 'admission-failed', message }];
  }
}

/** What is gone back to must have been verified, here, for this project. */
function targetFindings({ kernel, plan }: Session, { target, to, scope, component }: RollbackRequest): Finding[] {
  if (target === null || to !== 'snapshot') return [];
  const { project, environment } = kernel.config;
  const finding = (level: Finding['level'], message: string): Finding => ({ level, rule: 'target', message });
  if (target.project !== project || target.environment !== environment)
    return [finding('block', `${target.id} is of ${target.project} in ${target.environment}, not of ${project} in ${environment}`)];
  const left = plan.components.filter(({ name }) => target.components[name] === undefined).map(({ name }) => name);
  const gone = Object.keys(target.components).filter((name) => kernel.config.components[name] === undefined);
  const unrestorable = Object.keys(target.parts).filter((name) => kernel.registry.parts.get(name) === undefined);
  const whole = scope === 'full' && component === undefined;
  return [
    target.rollback_safe
      ? finding('info', `${target.id} (${target.version}) is verified`)
      : finding('warn', `${target.id} (${target.version}) was not verified: ${whyUnsafe(target)}`),
    ...(whole && left.length > 0 ? [finding('info', `not in the snapshot, and left as it is: ${left.join(', ')}`)] : []),
    ...(whole && gone.length > 0 ? [finding('info', `in the snapshot, no longer in the config, and passed over: ${gone.join(', ')}`)] : []),
    ...(whole ? unrestorable.map((name) => finding('warn', `the snapshot holds ${name}, and no plugin here can put it back`)) : []),
  ];
}

function whyUnsafe({ verification, components }: Snapshot): string {
  const failed = Object.entries(verification).flatMap(([suite, passed]) => (passed === false ? [`its ${suite} suite had failed`] : []));
  const ill = Object.entries(components).flatMap(([name, { healthy }]) => (healthy ? [] : [`${name} was not healthy`]));
  return [...failed, ...ill].join(', ') || 'it is marked as not safe to go back to';
}
