import type { Decision, Finding, Report, RollbackReport, RunStatus, SuiteReport, VerificationReport } from '@ship/core';
import type { Paint, Terminal } from '../terminal.js';
import { ANSWERS, age, brief, duration, marks, type TreeNode } from './format.js';

/** A rollback as a tree: why, to where, by which way, what was checked, done and verified, and how long each took. */
export function rollbackTree(report: Report, rollback: RollbackReport, { paint }: Terminal): TreeNode {
  const { failure, decision } = report;
  const good = report.status === 'rolled_back' || report.status === 'succeeded';
  return {
    text: `${paint.yellow('⟲')} ${paint.bold('Rollback')}`,
    children: [
      { text: `Trigger: ${failure ? `${failure.trigger}${failure.step ? ` (step ${failure.step})` : ''}` : 'asked for'}` },
      ...(failure ? [{ text: `Severity: ${failure.severity}` }] : []),
      {
        text: `Decision: ${decision!.trigger} ${decision!.scope} rollback${decision!.via === 'instant' ? ', traffic first' : ''}`,
        children: [...decision!.reasons, ...answerIn(decision!)].map((text) => ({ text: paint.dim(text) })),
      },
      target(rollback, paint),
      ...ways(rollback),
      preChecks(rollback.findings, paint),
      execution(report, rollback),
      verification(rollback.verification),
      ...timing(rollback),
      { text: `Result: ${good ? paint.green(RESULTS[report.status]) : paint.red(RESULTS[report.status])}` },
    ],
  };
}

const answerIn = ({ answer }: Decision): string[] => (answer === undefined ? [] : [`the answer was: ${ANSWERS[answer]}`]);

const RESULTS: Readonly<Record<RunStatus, string>> = {
  succeeded: 'rolled back',
  rolled_back: 'rolled back',
  failed: 'failed, and left as it is',
  rollback_incomplete: 'incomplete',
  refused: 'refused',
  interrupted: 'interrupted',
};

function target({ scope, target_snapshot, target: about }: RollbackReport, paint: Paint): TreeNode {
  const title = 'Target snapshot:';
  if (target_snapshot === null)
    return {
      text: `${title} none: what this run did ${scope === 'partial' ? 'to this component ' : ''}is undone, to what was there before`,
    };
  if (!about || about.id !== target_snapshot) return { text: `${title} ${target_snapshot}` };
  const suites = Object.entries(about.verification).filter(([, passed]) => passed !== null);
  const verified = suites.map(([suite, passed]) => `${passed ? paint.green('✓') : paint.red('✗')} ${suite}`).join(', ');
  return {
    text: `${title} ${target_snapshot}`,
    children: [
      { text: `Version: ${about.version}` },
      { text: `Age: ${age(Date.now() - Date.parse(about.timestamp))}` },
      { text: `Verification: ${verified || 'nothing was verified then'}` },
    ],
  };
}

/** Where one way was enough there is nothing to show. */
function ways({ tried = [] }: RollbackReport): TreeNode[] {
  if (tried.length < 2 && tried[0]?.way !== 'instant') return [];
  const line = ({ way, outcome, reason, duration_ms }: (typeof tried)[number]) =>
    `${way}: ${outcome}${reason === undefined ? '' : `, ${brief(reason)}`} (${duration(duration_ms)})`;
  return [{ text: 'Ways:', children: tried.map((each) => ({ text: line(each) })) }];
}

function preChecks(findings: readonly Finding[], paint: Paint): TreeNode {
  if (findings.length === 0) return { text: `Pre-checks: ${marks(paint).info} nothing speaks against it` };
  return { text: 'Pre-checks:', children: findings.map(({ level, message }) => ({ text: `${marks(paint)[level]} ${brief(message)}` })) };
}

function execution(report: Report, rollback: RollbackReport): TreeNode {
  const parts = (rollback.parts ?? []).map(({ name, status, detail, duration_ms }) => ({
    text: `${name}: ${status === 'failed' ? 'failed' : (detail ?? status)} (${duration(duration_ms)})`,
  }));
  const components = rollback.components.map(({ name, from, to, status, duration_ms }) => ({
    text: `${name}: ${from ?? 'nothing'} -> ${to ?? 'removed'} ${status === 'restored' ? '' : `${status} `}(${duration(duration_ms)})`,
  }));
  const named = new Set(rollback.components.map(({ name }) => name));
  const steps = report.steps
    .filter(
      ({ status, reason, component }) =>
        (status === 'undone' || status === 'undo_failed' || reason) && !(component && named.has(component)),
    )
    .map(({ id, status, reason }) => ({ text: `${id}: ${reason ?? (status === 'undo_failed' ? 'not undone' : status)}` }));
  return { text: 'Execution:', children: [...parts, ...components, ...steps, { text: `Total: ${duration(rollback.duration_ms)}` }] };
}

function verification(suites: VerificationReport): TreeNode {
  const suiteLines = Object.entries(suites).map(([suite, { checks, duration_ms }]: [string, SuiteReport]) => ({
    text: `${suite}: ${checks.filter(({ outcome }) => outcome === 'passed').length}/${checks.length} passed (${duration(duration_ms)})`,
  }));
  return suiteLines.length === 0 ? { text: 'Verification: nothing was verified' } : { text: 'Verification:', children: suiteLines };
}

function timing({ timing: took }: RollbackReport): TreeNode[] {
  if (took === undefined) return [];
  const lines = [
    ['Decision', took.decision_ms],
    ['Pre-checks', took.admission_ms],
    ['Rollback', took.execution_ms],
    ['Verification', took.verification_ms],
  ] as const;
  return [{ text: 'Timing:', children: lines.map(([what, ms]) => ({ text: `${what}: ${duration(ms)}` })) }];
}
