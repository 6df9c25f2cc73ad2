import { errors } from '../errors/catalogue.js';
import type {
  CheckConfig,
  ComponentConfig,
  ComponentState,
  RollbackReport,
  Snapshot,
  SuiteName,
  VerificationReport,
} from '../types/index.js';
import { bounded } from './bounded.js';
import { contextOf } from './contexts.js';
import type { Session } from './session.js';
import { runSuite, suiteError } from './suites.js';

type Remaining = RollbackReport['remaining'][number];
type States = ReadonlyMap<string, ComponentState | null>;

/** What was rolled back must be what is live: version and config of each component. */
export async function proveLive(
  session: Session,
  expected: States,
  broken: ReadonlySet<string>,
  timeoutMs: () => number,
): Promise<Remaining[]> {
  const problems: Remaining[] = [];
  for (const [name, state] of expected) {
    const component = session.kernel.config.components[name];
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

/** What is live, asked under the deadline of the rollback. */
export function describeLive(session: Session, component: ComponentConfig, timeoutMs: number): Promise<ComponentState | undefined> {
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: component.name, timeoutMs });
  const driver = session.kernel.registry.drivers.get(component.driver)!;
  return bounded({ timeoutMs, parent: session.signal, timedOut, stuck: timedOut }, (signal) =>
    driver.describe(contextOf(session, signal, component.name), component),
  );
}

/** Is the environment what the snapshot holds? Only where no run has failed since and was left, and each component is the same. */
export function isAsInSnapshot(session: Session, target: Snapshot, expected: States): boolean {
  return session.unverifiedSince === null && [...expected].every(([name, state]) => isSame(target.components[name], state));
}

function isSame(one: ComponentState | null | undefined, other: ComponentState | null | undefined): boolean {
  return one?.version === other?.version && one?.config_hash === other?.config_hash;
}

/** How the suites of the target went, and what must still be done about it. */
export interface Verified {
  readonly verification: VerificationReport;
  readonly problems: readonly Remaining[];
}

/** Nothing was asked. */
export const UNVERIFIED: Verified = { verification: {}, problems: [] };

/** The smoke suite that the target passed then must pass now. Where nothing was verified before, there is nothing to hold it to. */
export async function verifyTarget(session: Session, target: Snapshot | null): Promise<Verified> {
  if (target === null) return UNVERIFIED;
  const verify = target.config.verify as Partial<Record<SuiteName, CheckConfig[]>> | undefined;
  const checks = (verify?.smoke ?? session.kernel.config.verify.smoke).filter((check) => session.kernel.registry.checks.get(check.kind));
  if (checks.length === 0) return UNVERIFIED;
  try {
    const smoke = await runSuite(session, 'smoke', session.resolveSecrets(checks), 'rollback');
    const problems =
      smoke.outcome === 'passed' ? [] : [{ what: 'the smoke suite', error: session.reported(suiteError('smoke', smoke), 'smoke') }];
    return { verification: { smoke }, problems };
  } catch (error) {
    return { verification: {}, problems: [{ what: 'the smoke suite', error: session.reported(error, 'smoke') }] };
  }
}
