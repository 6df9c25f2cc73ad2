import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, decide, triggerOf } from '../src/failure.js';
import { settle } from '../src/run/consent.js';
import type { Session } from '../src/run/session.js';
import { type Failure, type FailureContext, TRIGGERS } from '../src/types/index.js';

describe('classify', () => {
  it.each([
    ['network_error', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })],
    ['network_error', new Error('push failed', { cause: new Error('fetch', { cause: new Error('getaddrinfo EAI_AGAIN db') }) })],
    ['timeout', new Error('context deadline exceeded')],
    ['timeout', Object.assign(new Error('step a took longer than 1 s'), { code: 'SHIP_STEP_TIMEOUT' })],
    ['resource_exhaustion', new Error('write /x: No space left on device')],
    ['git_error', new Error('exited with 128\nfatal: not a git repository')],
    ['test_failure', new Error('Tests: 3 failed, 10 passed')],
    ['unknown', new Error('Tests: 0 failed, 10 passed, and the report could not be written')],
    ['quality_gate_failure', new Error('coverage 71 % is below 80 %')],
    ['unknown', new Error('something else')],
    ['unknown', null],
    ['unknown', undefined],
    ['test_failure', Object.assign(new Error('connection refused'), { failureType: 'test_failure' })],
    ['network_error', Object.assign(new Error('connection refused'), { failureType: 'no such type' })],
  ])('given %s signs in %s, when it is classified, then it is that', (type, error) => {
    expect(classify(error)).toBe(type);
  });

  it('given an error that is its own cause, when it is classified, then it ends', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(classify(error)).toBe('unknown');
  });
});

const contexts: fc.Arbitrary<FailureContext> = fc.record({
  failure: fc.record(
    {
      trigger: fc.constantFrom(...TRIGGERS),
      component: fc.constantFrom('api', 'worker'),
      step: fc.constantFrom('api', 'migrate'),
      step_kind: fc.constantFrom('critical', 'recoverable', 'continue_on_error'),
    },
    { requiredKeys: ['trigger'] },
  ),
  flags: fc.record({ auto_rollback: fc.boolean(), no_auto_rollback: fc.boolean(), no_rollback: fc.boolean() }, { requiredKeys: [] }),
  rollback: fc.record({
    enabled: fc.boolean(),
    auto_on_failure: fc.boolean(),
    partial_enabled: fc.boolean(),
    instant_rollback: fc.boolean(),
  }),
  component: fc.option(fc.record({ core: fc.boolean(), partial_admitted: fc.boolean() }), { nil: undefined }),
  router: fc.boolean(),
}) as fc.Arbitrary<FailureContext>;

const with_ = (failure: FailureContext['failure'], more: Partial<FailureContext> = {}): FailureContext => ({
  failure,
  flags: {},
  rollback: { enabled: true, auto_on_failure: false, partial_enabled: true, instant_rollback: true },
  router: false,
  ...more,
});
const isolated = {
  failure: { trigger: 'acceptance_tests_failed', component: 'worker' },
  component: { core: false, partial_admitted: true },
} as const;

describe('decide', () => {
  it('given every trigger, flag and setting, when it is decided, then there is one decision with its reasons, the same each time, and never a rollback that was switched off', () => {
    fc.assert(
      fc.property(contexts, (context) => {
        const frozen = JSON.stringify(context);
        const decision = decide(context);
        const off = context.flags.no_rollback || !context.rollback.enabled;
        const auto = !context.flags.no_auto_rollback && (context.flags.auto_rollback || context.rollback.auto_on_failure);
        expect(decide(context)).toEqual(decision);
        expect(JSON.stringify(context)).toBe(frozen);
        expect(decision.reasons.length).toBeGreaterThan(1);
        if (off) expect(decision.action).toBe('none');
        if (decision.action === 'rollback')
          expect([auto, decision.trigger, ['CRITICAL', 'HIGH'].includes(decision.severity)]).toEqual([true, 'automatic', true]);
        else expect([decision.scope, decision.via]).toEqual(['none', 'none']);
        if (decision.scope === 'partial' || decision.options.includes('partial_rollback')) {
          expect(context.component).toEqual({ core: false, partial_admitted: true });
          expect(context.rollback.partial_enabled).toBe(true);
        }
        if (decision.via === 'instant') expect(context.router && context.rollback.instant_rollback).toBe(true);
        if (decision.action === 'prompt') expect(decision.options).toContain(decision.recommended);
        else expect(decision.options).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['smoke_tests_failed', 'CRITICAL', 'prompt'],
    ['health_check_failed', 'CRITICAL', 'prompt'],
    ['security_vulnerability_detected', 'CRITICAL', 'prompt'],
    ['acceptance_tests_failed', 'HIGH', 'prompt'],
    ['error_rate_spike', 'HIGH', 'prompt'],
    ['latency_degradation', 'HIGH', 'prompt'],
    ['performance_regression', 'MEDIUM', 'warn'],
    ['non_critical_test_failed', 'MEDIUM', 'warn'],
    ['cosmetic_issues', 'LOW', 'info'],
    ['documentation_mismatch', 'LOW', 'info'],
  ] as const)('given %s, when nothing is set, then it is %s and the action is %s', (trigger, severity, action) => {
    expect(decide(with_({ trigger }))).toMatchObject({ severity, action });
  });

  it.each([
    ['critical', 'CRITICAL'],
    ['recoverable', 'HIGH'],
    ['continue_on_error', 'MEDIUM'],
    [undefined, 'CRITICAL'],
  ] as const)('given a failed step that is %s, when it is decided, then it is %s', (step_kind, severity) => {
    expect(decide(with_({ trigger: 'step_failed', ...(step_kind ? { step_kind } : {}) }))).toMatchObject({ severity });
  });

  it.each<[string, Partial<FailureContext>, object]>([
    ['--auto-rollback', { flags: { auto_rollback: true } }, { action: 'rollback', scope: 'full', via: 'restore' }],
    [
      'auto_on_failure',
      { rollback: { enabled: true, auto_on_failure: true, partial_enabled: true, instant_rollback: true } },
      { action: 'rollback' },
    ],
    [
      'auto_on_failure and --no-auto-rollback',
      {
        flags: { no_auto_rollback: true },
        rollback: { enabled: true, auto_on_failure: true, partial_enabled: true, instant_rollback: true },
      },
      { action: 'prompt', recommended: 'full_rollback' },
    ],
    [
      '--auto-rollback and --no-rollback',
      { flags: { auto_rollback: true, no_rollback: true } },
      { action: 'none', reasons: ['smoke_tests_failed is CRITICAL', 'rollback is off: --no-rollback'] },
    ],
    [
      '--auto-rollback where rollback is not enabled',
      {
        flags: { auto_rollback: true },
        rollback: { enabled: false, auto_on_failure: true, partial_enabled: true, instant_rollback: true },
      },
      { action: 'none' },
    ],
    ['--auto-rollback and a router', { flags: { auto_rollback: true }, router: true }, { action: 'rollback', via: 'instant' }],
    [
      'an isolated component',
      { ...isolated, failure: { trigger: 'smoke_tests_failed', component: 'worker' }, flags: { auto_rollback: true } },
      { scope: 'full' },
    ],
  ])('given a CRITICAL failure and %s, when it is decided, then %j', (_, more, expected) => {
    expect(decide(with_({ trigger: 'smoke_tests_failed' }, more))).toMatchObject(expected);
  });

  it.each<[string, Partial<FailureContext>, object]>([
    [
      'an isolated component',
      isolated,
      { action: 'prompt', recommended: 'partial_rollback', options: ['full_rollback', 'partial_rollback', 'investigate', 'skip'] },
    ],
    [
      'an isolated component and --auto-rollback',
      { ...isolated, flags: { auto_rollback: true } },
      { action: 'rollback', scope: 'partial' },
    ],
    [
      'a core component',
      { ...isolated, component: { core: true, partial_admitted: true } },
      { recommended: 'investigate', options: ['full_rollback', 'investigate', 'skip'] },
    ],
    ['no component', {}, { recommended: 'investigate' }],
  ])('given a HIGH failure and %s, when it is decided, then %j', (_, more, expected) => {
    expect(decide(with_({ trigger: 'acceptance_tests_failed' }, more))).toMatchObject(expected);
  });

  it('given the four suites, when one fails, then its trigger is its own', () => {
    expect((['smoke', 'acceptance', 'security', 'performance'] as const).map(triggerOf)).toEqual([
      'smoke_tests_failed',
      'acceptance_tests_failed',
      'security_vulnerability_detected',
      'performance_regression',
    ]);
  });
});

describe('a decision, with somebody to ask and without', () => {
  const answers = fc.constantFrom(undefined, 'nobody', 'retry', 'continue', 'full_rollback', 'partial_rollback', 'skip', 'investigate');

  it('given every failure, flag, setting and answer, when it is settled, then nothing is rolled back that was switched off or not offered, and the answer, or a reason, says who decided', async () => {
    await fc.assert(
      fc.asyncProperty(contexts, answers, async (context, answer) => {
        const decision = decide(context);
        const asked: (readonly string[])[] = [];
        const choose = async (_question: string, options: readonly string[]) => {
          asked.push(options);
          return options.includes(answer as string) ? answer : undefined;
        };
        const session = { kernel: { interaction: answer === 'nobody' ? {} : { choose } } } as unknown as Session;
        const failure = { ...context.failure, type: 'unknown', severity: decision.severity, message: '' } as Failure;
        const settled = await settle(session, context, failure, decision);
        const off = context.flags.no_rollback || !context.rollback.enabled;
        if (off) expect(settled.action).toBe('none');
        if (settled.action === 'rollback' && decision.action !== 'rollback')
          expect([settled.answer, decision.options.includes(settled.answer!)]).toEqual([`${settled.scope}_rollback`, true]);
        if (answer === 'nobody') expect(settled.action).toBe(decision.action);
        expect(asked.length).toBe(decision.action === 'prompt' && answer !== 'nobody' ? 1 : 0);
        for (const options of asked) expect(options.includes('retry')).toBe(context.failure.step !== undefined);
        expect(settled.severity).toBe(decision.severity);
        expect(settled.reasons.slice(0, decision.reasons.length)).toEqual(decision.reasons);
        const says = settled.reasons.length > decision.reasons.length || settled.answer !== undefined;
        expect(says).toBe(decision.action === 'prompt');
      }),
      { numRuns: 3_000 },
    );
  });
});
