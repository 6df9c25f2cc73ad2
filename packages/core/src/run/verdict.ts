import type { Report, RollbackReport } from '../types/index.js';

/**
 * One line that says how a run ended, made of its report alone. It says "verified" where every check that was asked
 * afterwards has passed, and there was one; and "as in" a snapshot where all that the snapshot knows was found so.
 */
export function verdictOf(report: Report): string {
  const { status, rollback, exit_code, environment } = report;
  const where = environment ?? '';
  const isDone = rollback !== null && isWhole(rollback);
  switch (status) {
    case 'succeeded':
      if (isDone) return rollback.scope === 'partial' ? backInPart(report, rollback) : backAt(where, rollback);
      return `deployed to ${where}${butFailed(report)}${exit_code === 0 ? '' : `, ${butFailed(report) === '' ? 'but' : 'and'} not all of it is saved`}`;
    case 'rolled_back':
      if (rollback?.scope === 'partial') return backInPart(report, rollback);
      return `${exit_code === 0 ? '' : 'failed, and '}${rollback === null ? 'rolled back' : undone(report, rollback)}`;
    case 'failed':
      return 'failed, and left as it is';
    case 'rollback_incomplete':
      return `${report.failure ? 'failed, and ' : ''}the rollback is INCOMPLETE: ${whyIncomplete(rollback)}`;
    case 'refused':
      return report.steps.some(({ attempts }) => attempts > 0)
        ? 'failed, and the rollback was refused: everything stays as it is'
        : 'refused: nothing was changed';
    case 'interrupted':
      return exit_code === 130
        ? 'interrupted: what was done stands as it is'
        : `cut off, since nothing more could be written down: what was done stands as it is, and \`ship recover\` finishes it`;
  }
}

/** Is nothing left to be put back, and did every suite that was asked afterwards pass? */
export const isWhole = ({ remaining, verification }: Pick<RollbackReport, 'remaining' | 'verification'>): boolean =>
  remaining.length === 0 && Object.values(verification).every(({ outcome }) => outcome === 'passed');

/** Where all is back, and what is live does not hold, there is nothing to be finished. */
function whyIncomplete(rollback: RollbackReport | null): string {
  const failed = Object.entries(rollback?.verification ?? {}).flatMap(([suite, { outcome }]) => (outcome === 'passed' ? [] : [suite]));
  if (rollback === null || rollback.remaining.length > 0 || failed.length === 0) return 'see what is left above';
  return `all is back, and the ${failed.join(', ')} suite fails there`;
}

/** Steps and checks that failed, and that a run which succeeded did without. */
export function didWithout({ status, steps, verification }: Report): string[] {
  if (status !== 'succeeded') return [];
  const failed = steps.filter((step) => step.status === 'failed').map(({ id }) => `step ${id}`);
  const checks = Object.values(verification).flatMap((suite) => suite.checks.filter(({ outcome }) => outcome !== 'passed'));
  return [...failed, ...checks.map(({ name }) => `check ${name}`)];
}

function butFailed(report: Report): string {
  const failed = didWithout(report);
  const last = failed.length > 1 ? ` and ${failed.pop()}` : '';
  return failed.length === 0 ? '' : `, but ${failed.join(', ')}${last} failed`;
}

/** Was all that was asked after a rollback found to be right? */
export function isVerified({ verification, remaining }: Pick<RollbackReport, 'verification' | 'remaining'>): boolean {
  const checks = Object.values(verification).flatMap((suite) => suite.checks);
  return remaining.length === 0 && checks.length > 0 && checks.every(({ outcome }) => outcome === 'passed');
}

/** What a run did is undone, all of it but for what cannot be. */
function undone({ environment, steps }: Report, rollback: RollbackReport): string {
  const kept = steps.filter(({ reason }) => reason?.startsWith('not undone')).map(({ id }) => id);
  const butFor = kept.length === 0 ? '' : `, but for ${kept.join(', ')}`;
  if (!isVerified(rollback)) return `undone${butFor}; ${unverified(rollback)}${stays(rollback)}`;
  const { target_snapshot } = rollback;
  const like = target_snapshot === null ? 'as it was before this run' : `as in ${target_snapshot}`;
  return `rolled back: ${subject(environment ?? '', rollback)} ${like}${butFor}, and verified${stays(rollback)}`;
}

/** Somebody asked for a snapshot. */
function backAt(where: string, rollback: RollbackReport): string {
  const done = `${subject(where, rollback)} back at ${rollback.target_snapshot}`;
  return `${done}${isVerified(rollback) ? ', and verified' : `; ${unverified(rollback)}`}${stays(rollback)}`;
}

/** One component is back, and the rest stays as it was. */
function backInPart({ status, exit_code, environment }: Report, rollback: RollbackReport): string {
  const back = rollback.components.map(({ name, to }) => (to === null ? `${name} is removed` : `${name} is back at ${to}`)).join(', ');
  const verified = isVerified(rollback);
  const failed = status === 'rolled_back' && exit_code !== 0 ? `failed, and ${verified ? 'rolled back' : 'undone'} in part: ` : '';
  const from = rollback.target_snapshot === null ? '' : `, as in ${rollback.target_snapshot}`;
  const proof = verified ? ', and verified' : `; ${unverified(rollback)}`;
  return `${failed}${back || 'nothing was to be done'} in ${environment}${from}${proof}; everything else stays as it is`;
}

/** Where steps have changed what no snapshot holds, only the components can be as they were. */
const subject = (where: string, { untouched = [] }: RollbackReport): string =>
  untouched.length === 0 ? `${where} is` : `the components of ${where} are`;

const stays = ({ untouched = [] }: RollbackReport): string =>
  untouched.length === 0 ? '' : `; what ${untouched.join(', ')} did is in no snapshot, and stays as it is`;

function unverified({ verification }: RollbackReport): string {
  const bad = Object.values(verification).flatMap(({ checks }) => checks.filter(({ outcome }) => outcome !== 'passed'));
  return `nothing was verified${bad.length === 0 ? '' : `: ${bad.map(({ name, outcome }) => `${name} ${outcome}`).join(', ')}`}`;
}
