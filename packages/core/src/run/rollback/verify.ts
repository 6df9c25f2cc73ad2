import { bounded } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import type {
  CheckConfig,
  ComponentConfig,
  ComponentState,
  Finding,
  Outcome,
  RollbackReport,
  RollbackRequest,
  Snapshot,
  SuiteName,
  VerificationReport,
} from '../../types/index.js';
import { contextOf } from '../contexts.js';
import { runSuite } from '../deploy/suites.js';
import type { Session } from '../session.js';
import { isWhole } from '../verdict.js';
import { heldParts } from './snapshot-parts.js';

/** A look at what is live is granted even when the time is over: without it nobody knows what there is. */
const PROOF_MS = 5_000;

type Remaining = RollbackReport['remaining'][number];
type States = ReadonlyMap<string, ComponentState | null>;

/** What was rolled back must be what is live: version and config of each component. */
async function proveLive(session: Session, expected: States, broken: ReadonlySet<string>, timeoutMs: () => number): Promise<Remaining[]> {
  const problems: Remaining[] = [];
  for (const [name, state] of expected) {
    const component = componentOf(session, name);
    if (component === undefined || broken.has(name)) continue;
    try {
      const live = await describeLive(session, component, timeoutMs());
      if (!isSame(live, state))
        throw errors.SHIP_ROLLBACK_PROOF({ component: name, live: live?.version ?? 'nothing', expected: state?.version ?? 'nothing' });
    } catch (error) {
      problems.push({ what: name, error: session.reported(error, name) });
    }
  }
  return problems;
}

/** A component as the run has it, which may be a past one; else as the config has it. */
const componentOf = ({ plan, kernel: { config } }: Session, name: string): ComponentConfig | undefined =>
  plan.components.find((each) => each.name === name) ?? config.components[name];

/** What is live, asked under the deadline of the rollback. */
function describeLive(session: Session, component: ComponentConfig, timeoutMs: number): Promise<ComponentState | undefined> {
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: component.name, timeoutMs });
  const driver = session.kernel.registry.drivers.get(component.driver)!;
  return bounded({ timeoutMs, parent: session.signal, timedOut }, (signal) =>
    driver.describe({ ...contextOf(session, signal, component.name), looks: true }, component),
  );
}

/** Is the environment what the snapshot holds? Only where no run has failed since and was left, and each component and part that it knows is the same. */
async function isAsInSnapshot(session: Session, target: Snapshot, expected: States): Promise<boolean> {
  if (session.unverifiedSince !== null) return false;
  if (![...expected].every(([name, state]) => isSame(target.components[name], state))) return false;
  for (const [name, state] of Object.entries(target.components)) {
    if (expected.has(name)) continue;
    const component = componentOf(session, name);
    // Nobody here knows how to look at it.
    if (component === undefined) return false;
    const live = await describeLive(session, component, PROOF_MS).catch(() => null);
    if (!isSame(live, state)) return false;
  }
  for (const { name, part, value } of heldParts(session.kernel, target)) {
    const isLive = await part.isLive?.(contextOf(session, session.signal, name), session.resolveSecrets(value));
    if (!isLive) return false;
  }
  return true;
}

/** Are version and config the same? */
export function isSame(one: ComponentState | null | undefined, other: ComponentState | null | undefined): boolean {
  return one?.version === other?.version && one?.config_hash === other?.config_hash;
}

/** How the suites of the target went, and what must still be done about it. */
export interface Verified {
  readonly verification: VerificationReport;
  readonly problems: readonly Remaining[];
}

/** Nothing was asked. */
const UNVERIFIED: Verified = { verification: {}, problems: [] };

/**
 * After one component went back alone: its own checks as they were then, in every suite that can take a run back, and the
 * smoke checks of today for all the rest, which has stayed.
 */
async function verifyAlone(session: Session, component: string, target: Snapshot | null): Promise<Verified> {
  const { verify: today } = session.kernel.config;
  const then = (target?.config.verify ?? {}) as Partial<Record<SuiteName, CheckConfig[]>>;
  const isOwn = (check: CheckConfig) => check.component === component;
  const own = (suite: SuiteName) => (then[suite] ?? today[suite]).filter(isOwn);
  const suites = [
    ['smoke', [...own('smoke'), ...today.smoke.filter((check) => !isOwn(check))]],
    ['acceptance', own('acceptance')],
    ['security', own('security')],
  ] as const;
  let verified = UNVERIFIED;
  for (const [suite, checks] of suites) {
    if (!isWhole({ ...verified, remaining: verified.problems })) break;
    const { verification, problems } = await verifySuite(session, suite, checks);
    verified = { verification: { ...verified.verification, ...verification }, problems };
  }
  return verified;
}

/** The smoke suite that the target passed then must pass now. Where nothing was verified before, there is nothing to hold it to. */
async function verifyTarget(session: Session, target: Snapshot | null): Promise<Verified> {
  if (target === null) return UNVERIFIED;
  const verify = target.config.verify as Partial<Record<SuiteName, CheckConfig[]>> | undefined;
  return verifySuite(session, 'smoke', verify?.smoke ?? session.kernel.config.verify.smoke);
}

async function verifySuite(session: Session, suite: SuiteName, wanted: readonly CheckConfig[]): Promise<Verified> {
  const checks = wanted.filter((check) => session.kernel.registry.checks.get(check.kind));
  if (checks.length === 0) return UNVERIFIED;
  try {
    const report = await runSuite(session, suite, session.resolveSecrets(checks), 'rollback', contextOf);
    return { verification: { [suite]: report }, problems: [] };
  } catch (error) {
    return { verification: {}, problems: [{ what: `the ${suite} suite`, error: session.reported(error, suite) }] };
  }
}

/** What was put back must be what is live, and hold what was promised then. `restored`: by the kernel, which knows what is to be live. */
export async function prove(
  session: Session,
  { target, to, way, scope, component }: RollbackRequest,
  admitted: readonly Finding[],
  outcome: Outcome,
  restored: boolean,
  left: () => number,
): Promise<Omit<RollbackReport, 'tried' | 'timing' | 'duration_ms'>> {
  const { components, remaining, parts = [], findings = [] } = outcome;
  // What a way before this one put back need not be what a plugin put back by itself.
  const expected: States = restored ? session.state.expected : new Map();
  const broken = new Set(remaining.map(({ what }) => what));
  const unproven = session.signal.aborted ? [] : await proveLive(session, expected, broken, () => Math.max(PROOF_MS, left()));
  const clean = remaining.length + unproven.length === 0 && !session.signal.aborted;
  const verifies = clean && Object.keys(outcome.verification ?? {}).length === 0;
  const verify = () =>
    scope === 'partial' && component !== undefined ? verifyAlone(session, component, target) : verifyTarget(session, target);
  const { verification, problems } = verifies ? await verify() : UNVERIFIED;
  const untouched = to === 'snapshot' && scope === 'full' && target !== null ? outsideOf(session, target) : [];
  const isTarget = target !== null && (to === 'snapshot' || (scope === 'full' && (await isAsInSnapshot(session, target, expected))));
  return {
    scope: outcome.scope ?? scope,
    way,
    target_snapshot: isTarget ? target.id : (outcome.target_snapshot ?? null),
    target: target && { id: target.id, version: target.version, timestamp: target.timestamp, verification: target.verification },
    components,
    parts,
    ...(untouched.length === 0 ? {} : { untouched }),
    findings: [...admitted, ...findings],
    verification: verifies ? verification : (outcome.verification ?? {}),
    remaining: [...remaining, ...unproven, ...problems],
  };
}

/** The steps whose effects the snapshot does not hold: neither those of components, nor those of a plugin that has its part in it. */
function outsideOf({ plan, kernel: { registry } }: Session, { parts }: Snapshot): string[] {
  const held = new Set(Object.keys(parts).map((name) => registry.parts.ownerOf(name)));
  return plan.steps
    .filter(({ uses, component }) => !(uses === 'deploy' && component) && !held.has(registry.actions.ownerOf(uses)))
    .map(({ id }) => id);
}
