import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckReport, Report, RollbackReport, RunStatus, StepReport } from '../src/index.js';
import { emptyReport, verdictOf } from '../src/kernel-api.js';

/** What a report says of a rollback, and of nothing else. */
interface Facts {
  readonly status: RunStatus;
  readonly scope: 'full' | 'partial';
  readonly failed: boolean;
  readonly snapshot: boolean;
  readonly checks: readonly CheckReport['outcome'][];
  readonly kept: boolean;
  readonly untouched: boolean;
  readonly remaining: boolean;
}

const FACTS: Facts = {
  status: 'rolled_back',
  scope: 'full',
  failed: true,
  snapshot: true,
  checks: ['passed'],
  kept: false,
  untouched: false,
  remaining: false,
};

function reportOf({ status, scope, failed, snapshot, checks, kept, untouched, remaining }: Facts): Report {
  const check = (outcome: CheckReport['outcome'], index: number): CheckReport => ({
    name: `check ${index}`,
    outcome,
    // Whether it had to pass or not changes nothing about what was found.
    required: index % 2 === 0,
    attempts: 1,
    duration_ms: 1,
  });
  const rollback: RollbackReport = {
    scope,
    target_snapshot: snapshot ? 'S' : null,
    ...(untouched ? { untouched: ['files'] } : {}),
    components: scope === 'partial' ? [{ name: 'web', from: '2', to: '1', status: 'restored', duration_ms: 1 }] : [],
    findings: [],
    verification: checks.length === 0 ? {} : { smoke: { outcome: 'passed', duration_ms: 1, checks: checks.map(check) } },
    remaining: remaining ? [{ what: 'web', error: { code: 'X', message: 'x', docs: 'x' } }] : [],
    duration_ms: 1,
  };
  const step: StepReport = { id: 'mail', uses: 't/mail', status: 'done', reason: 'not undone: sent', duration_ms: 1, attempts: 1 };
  const exit_code = { rolled_back: failed ? 1 : 0, succeeded: 0, rollback_incomplete: 4 }[status as 'succeeded'];
  return { ...emptyReport('deploy', new Date(0)), environment: 'live', status, exit_code, rollback, steps: kept ? [step] : [] };
}

/** A step that failed, and may. */
const soft: StepReport = { id: 'cache', uses: 't/cache', status: 'failed', duration_ms: 1, attempts: 1 };
/** A suite with a check that failed, and may. */
const optional: Report['verification'] = {
  smoke: {
    outcome: 'passed',
    duration_ms: 1,
    checks: [
      { name: 'fast', outcome: 'passed', required: true, attempts: 1, duration_ms: 1 },
      { name: 'slow', outcome: 'failed', required: false, attempts: 1, duration_ms: 1 },
    ],
  },
};

const said = (facts: Partial<Facts> = {}): string => verdictOf(reportOf({ ...FACTS, ...facts }));

describe('the sentence that ends a run', () => {
  it.each<[Partial<Facts>, string]>([
    [{}, 'failed, and rolled back: live is as in S, and verified'],
    [{ failed: false }, 'rolled back: live is as in S, and verified'],
    [{ snapshot: false }, 'failed, and rolled back: live is as it was before this run, and verified'],
    [{ kept: true }, 'failed, and rolled back: live is as in S, but for mail, and verified'],
    [{ checks: [] }, 'failed, and undone; nothing was verified'],
    [{ checks: [], snapshot: false }, 'failed, and undone; nothing was verified'],
    [{ checks: [], kept: true }, 'failed, and undone, but for mail; nothing was verified'],
    [{ checks: ['passed', 'failed'] }, 'failed, and undone; nothing was verified: check 1 failed'],
    [{ checks: ['errored'] }, 'failed, and undone; nothing was verified: check 0 errored'],
    [
      { untouched: true },
      'failed, and rolled back: the components of live are as in S, and verified; what files did is in no snapshot, and stays as it is',
    ],
    [{ untouched: true, checks: [] }, 'failed, and undone; nothing was verified; what files did is in no snapshot, and stays as it is'],
    [
      { scope: 'partial' },
      'failed, and rolled back in part: web is back at 1 in live, as in S, and verified; everything else stays as it is',
    ],
    [
      { scope: 'partial', checks: [] },
      'failed, and undone in part: web is back at 1 in live, as in S; nothing was verified; everything else stays as it is',
    ],
    [{ status: 'succeeded' }, 'live is back at S, and verified'],
    [{ status: 'succeeded', checks: [] }, 'live is back at S; nothing was verified'],
    [
      { status: 'succeeded', untouched: true },
      'the components of live are back at S, and verified; what files did is in no snapshot, and stays as it is',
    ],
    [{ status: 'succeeded', scope: 'partial' }, 'web is back at 1 in live, as in S, and verified; everything else stays as it is'],
    [{ status: 'rollback_incomplete', remaining: true }, 'the rollback is INCOMPLETE: see what is left above'],
  ])('given %o, then "%s"', (facts, sentence) => {
    expect(said(facts)).toBe(sentence);
  });

  it('given any facts, then "verified" is said exactly where a check was asked, every one has passed and nothing is left, and nothing is called restored that is not', () => {
    const facts: fc.Arbitrary<Facts> = fc.record({
      status: fc.constantFrom<RunStatus>('rolled_back', 'succeeded', 'rollback_incomplete'),
      scope: fc.constantFrom('full', 'partial'),
      failed: fc.boolean(),
      snapshot: fc.boolean(),
      checks: fc.array(fc.constantFrom<CheckReport['outcome']>('passed', 'failed', 'errored', 'inconclusive'), { maxLength: 3 }),
      kept: fc.boolean(),
      untouched: fc.boolean(),
      remaining: fc.boolean(),
    });
    fc.assert(
      fc.property(facts, (given) => {
        // What is left makes a rollback incomplete, and nothing else does.
        const status = given.remaining ? 'rollback_incomplete' : given.status === 'rollback_incomplete' ? 'rolled_back' : given.status;
        const sentence = said({ ...given, status });
        const isProven = !given.remaining && given.checks.length > 0 && given.checks.every((outcome) => outcome === 'passed');
        expect(sentence.includes('and verified')).toBe(isProven);
        expect(sentence.includes('nothing was verified')).toBe(!isProven && !given.remaining);
        if (!isProven) expect(sentence).not.toMatch(/rolled back/);
        if (given.untouched && given.scope === 'full' && !given.remaining) expect(sentence).toContain('files did is in no snapshot');
        if (given.kept && status === 'rolled_back' && given.scope === 'full') expect(sentence).toContain('but for mail');
        if (!given.snapshot && status !== 'succeeded') expect(sentence).not.toContain('as in');
        // A word in a name is no claim.
      }),
    );
  });

  it.each<[Partial<Report>, string]>([
    [{ status: 'succeeded', exit_code: 0 }, 'deployed to live'],
    [{ status: 'succeeded', exit_code: 3 }, 'deployed to live, but not all of it is saved'],
    [{ steps: [soft] }, 'deployed to live, but step cache failed'],
    [{ steps: [soft], verification: optional }, 'deployed to live, but step cache and check slow failed'],
    [{ verification: optional, exit_code: 3 }, 'deployed to live, but check slow failed, and not all of it is saved'],
    [{ status: 'failed', steps: [soft], exit_code: 3 }, 'failed, and left as it is'],
    [{ status: 'failed', exit_code: 3 }, 'failed, and left as it is'],
    [{ status: 'interrupted', exit_code: 130 }, 'interrupted: what was done stands as it is'],
    [
      { status: 'interrupted', exit_code: 3 },
      'cut off, since nothing more could be written down: what was done stands as it is, and `ship recover` finishes it',
    ],
    [{ status: 'refused', exit_code: 6 }, 'refused: nothing was changed'],
  ])('given a run without a rollback, %o, then "%s"', (report, sentence) => {
    expect(verdictOf({ ...emptyReport('deploy', new Date(0)), environment: 'live', ...report })).toBe(sentence);
  });
});
