import { bounded } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import type { RollbackRequest } from '../../hooks.js';
import { type ComponentConfig, type ComponentState, type Context, type Finding, PART_NAMES, type Snapshot } from '../../types/index.js';
import { contextOf, runContextOf, stepContextOf } from '../contexts.js';
import type { Session } from '../session.js';
import { filesOf, heldParts } from './snapshot-parts.js';

/** How long a driver may think about whether it can restore a state. */
const ADMISSION_TIMEOUT_MS = 60_000;
/** How long a part or a step may: it may have to ask every resource that there is. */
const PLAN_TIMEOUT_MS = 300_000;

/** What was found, and what of it refuses the way back. */
export interface Admission {
  readonly findings: readonly Finding[];
  readonly refused: readonly string[];
}

/** Can this way back work, and does it do no harm? Asks drivers, parts and plugins before anything changes. */
export async function admit(session: Session, request: RollbackRequest): Promise<Admission> {
  const findings: Finding[] = [
    ...targetFindings(session, request),
    ...(await driverFindings(session, request)),
    ...(await partFindings(session, request)),
    ...(await stepFindings(session, request)),
  ];
  const { beforeRollback } = session.kernel.hooks;
  if (beforeRollback.isUsed())
    await beforeRollback.promise(request, runContextOf(session), (finding) => findings.push(session.kernel.redactor.redactDeep(finding)));
  const { forceRollback } = session.kernel;
  const blocks = findings.filter(({ level }) => level === 'block' || (level === 'warn' && !forceRollback && request.failure === null));
  return { findings, refused: blocks.map(({ message }) => message) };
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
  const unrestorable = PART_NAMES.filter((name) => target[name] !== null && kernel.registry.parts.get(name) === undefined);
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

/** Parts go back with the whole environment alone. */
async function partFindings(session: Session, { target, to, scope }: RollbackRequest): Promise<Finding[]> {
  if (target === null || to !== 'snapshot' || scope !== 'full') return [];
  const found: Finding[] = [];
  for (const { name, part, value } of heldParts(session.kernel, target)) {
    if (!part.admit) continue;
    found.push(
      ...(await askedInTime(
        session,
        name,
        async (ctx) => (await part.admit?.(ctx, session.resolveSecrets(value), filesOf(session.kernel, target, name))) ?? [],
        PLAN_TIMEOUT_MS,
      )),
    );
  }
  return session.kernel.redactor.redactDeep(found);
}

/** What the steps captured goes back with the run, or with the component alone. */
async function stepFindings(session: Session, { way, to, component }: RollbackRequest): Promise<Finding[]> {
  // Traffic does not wait for them: they are asked, and look again, when its steps go back.
  if (to !== 'captures' || way === 'instant') return [];
  const found: Finding[] = [];
  for (const { step, action, before, result } of session.acted.values()) {
    if (!action.admit || session.undone.has(step.id) || (component !== undefined && step.component?.name !== component)) continue;
    const ask = async (ctx: Context) =>
      (await action.admit?.(stepContextOf(session, step, 1, ctx.signal), before, result, step.input)) ?? [];
    found.push(...(await askedInTime(session, step.id, ask, PLAN_TIMEOUT_MS)));
  }
  return session.kernel.redactor.redactDeep(found);
}

async function driverFindings(session: Session, request: RollbackRequest): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const component of session.plan.components) {
    const state = request.states[component.name];
    if (state) found.push(...(await findingsOf(session, component, state)));
  }
  return found;
}

async function findingsOf(session: Session, component: ComponentConfig, state: ComponentState): Promise<readonly Finding[]> {
  const driver = session.kernel.registry.drivers.get(component.driver);
  if (!driver?.admit) return [];
  return askedInTime(session, component.name, async (ctx) => (await driver.admit?.(ctx, component, state)) ?? []);
}

/** Who cannot tell is a warning: nobody is kept from a rollback by a registry that is down. */
async function askedInTime(
  session: Session,
  what: string,
  ask: (ctx: Context) => Promise<readonly Finding[]>,
  timeoutMs = ADMISSION_TIMEOUT_MS,
): Promise<readonly Finding[]> {
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what, timeoutMs });
  const bounds = { timeoutMs, parent: session.signal, timedOut, stuck: timedOut, graceMs: 2_000 };
  try {
    return await bounded(bounds, (signal) => ask(contextOf(session, signal, what)));
  } catch (error) {
    const message = `nobody can tell whether ${what} can go back: ${session.reported(error).message}`;
    return [{ level: 'warn', rule: 'admission-failed', message }];
  }
}
