import { bounded, mayRetry, retryDelay, sleep } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf, type ShipError } from '../../errors/ship-error.js';
import type { CheckConfig, CheckOutcome, CheckReport, Context, SuiteName, SuiteReport } from '../../types/index.js';
import { endLeftovers, type Mark, markOfCheck } from '../leftovers.js';
import type { Session } from '../session.js';

/** The context of a check, by its name. */
export type ContextFor = (session: Session, signal: AbortSignal, name: string, mark: Mark) => Context;

/** What checks are run for: a suite of a run, of a rollback, or a step that asks in between. */
type Phase = 'run' | 'rollback' | 'step';

/** Runs the checks of a suite, one after the other. Only a required check makes it fail. */
export async function runSuite(
  session: Session,
  suite: SuiteName,
  checks: readonly CheckConfig[],
  phase: Phase,
  contextFor: ContextFor,
): Promise<SuiteReport> {
  const started = performance.now();
  session.emit({ type: 'suite-started', suite, checks: checks.length });
  const reports: CheckReport[] = [];
  for (const check of checks) {
    if (session.signal.aborted) break;
    const report = await runCheck(session, check, contextFor);
    session.emit({ type: 'check-finished', suite, report });
    reports.push(report);
  }
  const complete = reports.length === checks.length;
  const outcome = complete && reports.every((report) => report.outcome === 'passed' || !report.required) ? 'passed' : 'failed';
  const report: SuiteReport = { outcome, duration_ms: Math.round(performance.now() - started), checks: reports };
  session.note({ type: 'suite', phase, suite, report });
  session.emit({ type: 'suite-finished', suite, report });
  return report;
}

/** What an action asks in between: a suite of the config, or checks of its own, which count as smoke. */
export function runChecks(session: Session, asked: SuiteName | readonly CheckConfig[], contextFor: ContextFor): Promise<SuiteReport> {
  const { verify } = session.kernel.config;
  return typeof asked === 'string'
    ? runSuite(session, asked, verify[asked], 'step', contextFor)
    : runSuite(session, 'smoke', asked, 'step', contextFor);
}

type Bad = Exclude<CheckOutcome['outcome'], 'passed'>;
const BAD: readonly Bad[] = ['failed', 'errored', 'inconclusive'];

/** Measures as often as is asked for, and no longer than its limits are kept. */
async function runCheck(session: Session, check: CheckConfig, contextFor: ContextFor): Promise<CheckReport> {
  const started = performance.now();
  const { required, repeat = { times: 1, every_ms: 0 }, limits = {} } = check;
  const counts: Partial<Record<CheckOutcome['outcome'], number>> = {};
  // A name may hold an address with a secret in it, and goes everywhere: into reports, logs and the names of files.
  const name = session.kernel.redactor.redact(check.name);
  let attempts = 0;
  const report = (outcome: CheckOutcome['outcome'], detail: string | undefined): CheckReport => ({
    name,
    outcome,
    required,
    attempts,
    duration_ms: Math.round(performance.now() - started),
    ...(repeat.times > 1 ? { measured: counts } : {}),
    ...(detail === undefined ? {} : { detail }),
  });
  for (let measurement = 1; ; measurement += 1) {
    const measured = await measure(session, check, contextFor);
    attempts += measured.attempts;
    counts[measured.outcome] = (counts[measured.outcome] ?? 0) + 1;
    const over = BAD.find((outcome) => (counts[outcome] ?? 0) > (limits[outcome] ?? 0));
    if (over !== undefined || session.signal.aborted || measurement >= repeat.times) return report(over ?? 'passed', measured.detail);
    await sleep(repeat.every_ms, session.signal);
  }
}

/** Asks until it holds, or the retries are used up. */
async function measure(
  session: Session,
  check: CheckConfig,
  contextFor: ContextFor,
): Promise<{ outcome: CheckOutcome['outcome']; detail?: string; attempts: number }> {
  for (let attempts = 1; ; attempts += 1) {
    const { outcome, detail } = await attemptCheck(session, check, contextFor);
    const again = outcome !== 'passed' && !session.signal.aborted && mayRetry(check.retry, attempts, detail ?? '');
    if (!again) return { outcome, attempts, ...(detail === undefined ? {} : { detail }) };
    await sleep(retryDelay(check.retry, attempts), session.signal);
  }
}

async function attemptCheck(
  session: Session,
  check: CheckConfig,
  contextFor: ContextFor,
): Promise<{ outcome: CheckOutcome['outcome']; detail?: string }> {
  const { kernel } = session;
  const kind = kernel.registry.checks.get(check.kind)!;
  const mark = markOfCheck();
  const timedOut = () => errors.SHIP_CHECK_TIMEOUT({ check: check.name, timeoutMs: check.timeout_ms });
  try {
    const bounds = { timeoutMs: check.timeout_ms, parent: session.signal, timedOut, graceMs: 2_000 };
    const { outcome, detail } = await bounded(bounds, (signal) =>
      kind.run(contextFor(session, signal, kernel.redactor.redact(check.name), mark), check.with),
    );
    return { outcome, ...(detail === undefined ? {} : { detail: kernel.redactor.redact(detail) }) };
  } catch (error) {
    return { outcome: 'errored', detail: kernel.redactor.redact(messageOf(error)) };
  } finally {
    await endLeftovers(session, mark, `check ${check.name}`);
  }
}

/** A failed suite as an error that names the checks that failed. */
export function suiteError(suite: string, { checks }: SuiteReport): ShipError {
  const failed = checks.filter(({ outcome, required }) => outcome !== 'passed' && required);
  return errors.SHIP_SUITE_FAILED({ suite, failed: failed.map(({ name, detail }) => (detail ? `${name}: ${detail}` : name)) });
}
