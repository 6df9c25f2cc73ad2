import { errors } from '../errors/catalogue.js';
import { messageOf, type ShipError } from '../errors/ship-error.js';
import type { CheckConfig, CheckOutcome, CheckReport, SuiteName, SuiteReport } from '../types/index.js';
import { bounded, sleep } from './bounded.js';
import { contextOf } from './contexts.js';
import { mayRetry, retryDelay } from './retry.js';
import type { Session } from './session.js';

/** Runs the checks of a suite, one after the other. Only a required check makes it fail. */
export async function runSuite(
  session: Session,
  suite: SuiteName,
  checks: readonly CheckConfig[],
  phase: 'run' | 'rollback',
): Promise<SuiteReport> {
  const started = performance.now();
  session.emit({ type: 'suite-started', suite, checks: checks.length });
  const reports: CheckReport[] = [];
  for (const check of checks) {
    if (session.signal.aborted) break;
    const report = await runCheck(session, check);
    session.emit({ type: 'check-finished', suite, report });
    reports.push(report);
  }
  const complete = reports.length === checks.length;
  const outcome = complete && reports.every((report) => report.outcome === 'passed' || !report.required) ? 'passed' : 'failed';
  const report: SuiteReport = { outcome, duration_ms: Math.round(performance.now() - started), checks: reports };
  session.journal.note({ type: 'suite', phase, suite, report });
  session.emit({ type: 'suite-finished', suite, report });
  return report;
}

async function runCheck(session: Session, check: CheckConfig): Promise<CheckReport> {
  const started = performance.now();
  for (let attempts = 1; ; attempts += 1) {
    const { outcome, detail } = await attemptCheck(session, check);
    const again = outcome !== 'passed' && !session.signal.aborted && mayRetry(check.retry, attempts, detail ?? '');
    if (again) await sleep(retryDelay(check.retry, attempts), session.signal);
    else {
      const { name, required } = check;
      return {
        name,
        outcome,
        required,
        attempts,
        duration_ms: Math.round(performance.now() - started),
        ...(detail === undefined ? {} : { detail }),
      };
    }
  }
}

async function attemptCheck(session: Session, check: CheckConfig): Promise<{ outcome: CheckOutcome['outcome']; detail?: string }> {
  const { kernel } = session;
  const kind = kernel.registry.checks.get(check.kind)!;
  const timedOut = () => errors.SHIP_CHECK_TIMEOUT({ check: check.name, timeoutMs: check.timeout_ms });
  try {
    const bounds = { timeoutMs: check.timeout_ms, parent: session.signal, timedOut, stuck: timedOut, graceMs: 2_000 };
    const { outcome, detail } = await bounded(bounds, (signal) => kind.run(contextOf(session, signal, check.name), check.with));
    return { outcome, ...(detail === undefined ? {} : { detail: kernel.redactor.redact(detail) }) };
  } catch (error) {
    return { outcome: 'errored', detail: kernel.redactor.redact(messageOf(error)) };
  }
}

/** A failed suite as an error that names the checks that failed. */
export function suiteError(suite: string, { checks }: SuiteReport): ShipError {
  const failed = checks.filter(({ outcome, required }) => outcome !== 'passed' && required);
  return errors.SHIP_SUITE_FAILED({ suite, failed: failed.map(({ name, detail }) => (detail ? `${name}: ${detail}` : name)) });
}
