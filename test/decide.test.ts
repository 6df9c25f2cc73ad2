import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ship, shipJson, temporaryFolder } from './support/ship.js';

function file(content: unknown): string {
  const path = join(temporaryFolder(), 'context.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const decide = (content: unknown) => shipJson(['decide', '--context', file(content)], { cwd: temporaryFolder() });
const WORKER = {
  failure: { trigger: 'error_rate_spike', component: 'worker', step: 'worker' },
  component: { core: false, partial_admitted: true },
};

describe('ship decide', () => {
  it.each([
    [
      { failure: { trigger: 'smoke_tests_failed', component: null, step: null }, component: null, router: false },
      { severity: 'CRITICAL', action: 'prompt' },
    ],
    [
      { failure: { trigger: 'smoke_tests_failed' } },
      { severity: 'CRITICAL', action: 'prompt', recommended: 'full_rollback', options: ['full_rollback', 'investigate', 'skip'] },
    ],
    [
      { failure: { trigger: 'smoke_tests_failed' }, flags: { auto_rollback: true }, router: true },
      { action: 'rollback', trigger: 'automatic', scope: 'full', via: 'instant' },
    ],
    [
      WORKER,
      {
        severity: 'HIGH',
        action: 'prompt',
        trigger: 'prompted',
        recommended: 'partial_rollback',
        options: ['full_rollback', 'partial_rollback', 'investigate', 'skip'],
      },
    ],
    [
      { ...WORKER, rollback: { auto_on_failure: true } },
      { action: 'rollback', scope: 'partial', via: 'restore' },
    ],
    [{ ...WORKER, rollback: { auto_on_failure: true }, flags: { no_auto_rollback: true } }, { action: 'prompt' }],
    [
      { ...WORKER, rollback: { enabled: false }, flags: { auto_rollback: true } },
      { action: 'none', trigger: 'none', scope: 'none' },
    ],
    [
      { ...WORKER, rollback: { severity: { error_rate_spike: 'LOW' } } },
      { severity: 'LOW', action: 'info' },
    ],
  ])('given %j, when it is asked, then the answer is %j, with reasons, at the top and as decision', async (context, expected) => {
    const { code, report } = await decide(context);
    expect(code).toBe(0);
    expect(report).toMatchObject({ command: 'decide', ...expected, decision: expected });
    expect((report as unknown as { reasons: string[] }).reasons.length).toBeGreaterThan(1);
  });

  it.each<[string, unknown, string, string]>([
    ['no JSON', '{', 'SHIP_CONTEXT_UNREADABLE', 'no JSON'],
    ['nothing', '', 'SHIP_CONTEXT_UNREADABLE', 'no JSON'],
    ['a list', [], 'SHIP_CONTEXT_INVALID', 'the whole'],
    ['no failure', {}, 'SHIP_CONTEXT_INVALID', '"failure" is missing'],
    ['a trigger that is none', { failure: { trigger: 'smoke_test_failed' } }, 'SHIP_CONTEXT_INVALID', 'Did you mean `smoke_tests_failed`?'],
    ['an unknown key', { failure: { trigger: 'step_failed' }, flag: {} }, 'SHIP_CONTEXT_INVALID', 'unknown key "flag"'],
    [
      'a text for a boolean',
      { failure: { trigger: 'step_failed' }, flags: { auto_rollback: 'yes' } },
      'SHIP_CONTEXT_INVALID',
      'flags.auto_rollback',
    ],
    [
      'a severity that is none',
      { failure: { trigger: 'step_failed' }, rollback: { severity: { step_failed: 'high' } } },
      'SHIP_CONTEXT_INVALID',
      'rollback.severity.step_failed',
    ],
  ])('given %s, when it is asked, then 2, and what is wrong is told', async (_, content, code, told) => {
    const answer = await decide(content);
    expect(answer.code).toBe(2);
    expect(answer.report.errors).toMatchObject([{ code, message: expect.stringContaining(told) }]);
  });

  it('given no file, two questions at once, or none, when it is asked, then 2', async () => {
    const cwd = temporaryFolder();
    for (const args of [['--context', 'missing.json'], ['--context', '.', '--replay', 'x'], []]) {
      const { code, report } = await shipJson(['decide', ...args], { cwd });
      expect(code).toBe(2);
      expect(report.errors).toHaveLength(1);
    }
  });

  it('given a run that succeeded, and one that is not there, when they are replayed, then 2 with a code each', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'ship.yaml'), 'version: 1\nproject: shop\nsteps: [{ id: a, run: "true" }]\n');
    const { report } = await shipJson([], { cwd });
    expect((await shipJson(['decide', '--replay', report.run!], { cwd })).report.errors).toMatchObject([{ code: 'SHIP_REPLAY_NOTHING' }]);
    expect((await shipJson(['decide', '--replay', '../x'], { cwd })).report.errors).toMatchObject([{ code: 'SHIP_RUN_UNKNOWN' }]);
  });

  it('given a person, when it is asked, then the options and the reasons are shown', async () => {
    const { stdout } = await ship(['decide', '--context', file(WORKER)], { cwd: temporaryFolder() });
    expect(stdout).toContain('Decision: HIGH, prompt');
    expect(stdout).toContain('partial_rollback (recommended)');
    expect(stdout).toContain('worker is isolated');
  });
});
