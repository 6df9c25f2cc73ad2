import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Report } from '@ship/core';
import { expect } from 'vitest';
import type { Case } from './case.js';
import type { Moment, Shipped, Stage } from './stage.js';
import { readable } from './tree.js';

/** Does a report say that all is as it was meant? */
export const claimsSuccess = ({ status }: Pick<Report, 'status'>): boolean => status === 'rolled_back' || status === 'succeeded';

/** The worst fault that ship can have: it says that all is as before, and it is not. */
export function neverClaimsWhatIsNot(report: Pick<Report, 'status'>, now: Moment['world'], remembered: Moment['world']): void {
  if (!claimsSuccess(report) || isDeepStrictEqual(now, remembered)) return;
  expect(now, `ship says ${report.status}, but the world is not the remembered one`).toEqual(remembered);
}

/** Asks both questions of a case: is the world as it must be, and did the status say exactly that? */
export async function judge(given: Case, stage: Stage, before: Moment, ended: Shipped, args: readonly string[]): Promise<void> {
  const after = stage.now();
  if (given.ends !== 'error') neverClaimsWhatIsNot(ended.report, after.world, stage.remembered().world);
  const goesBack = given.ends === 'back' || (given.ends === 'either' && claimsSuccess(ended.report));
  // Where another step fails first, the new version was never there, and nothing is proven.
  if (given.happens.includes('break') && isOfRun(args)) expect(ended.report.failure?.step, ended.stderr).toBe('check');
  if (goesBack) {
    expect(summary(ended), ended.stderr).toEqual({ ...successOf(args), remaining: [] });
    expect(after.world, ended.stderr).toEqual(stage.remembered().world);
  } else {
    expect({ exit_is_0: ended.code === 0, claims_success: claimsSuccess(ended.report) }, ended.stderr).toEqual({
      exit_is_0: false,
      claims_success: false,
    });
    nothingWasTouched(given, before, after);
  }
  expect(readable(after.files), 'the files of the project changed').toEqual(readable(before.files));
  expect(after.git, 'the repository changed').toBe(before.git);
  expect(stage.locks(), 'a state is still locked').toEqual([]);
  if (given.says !== undefined) expect(wordsOf(ended, goesBack)).toMatch(new RegExp(given.says));
  for (const [path, content] of Object.entries(given.outside ?? {}))
    expect({ [path]: contentOf(stage.project, after.world, path) }).toEqual({ [path]: content });
  if (goesBack)
    for (const [state, plan] of Object.entries(await stage.plans())) expect({ [state]: plan }).toEqual({ [state]: 'No changes' });
}

const isOfRun = (args: readonly string[]): boolean => args.includes('--auto-rollback');

/** A rollback of a failed run ends with 1; one that a person asked for is what the command is about. */
const successOf = (args: readonly string[]) =>
  isOfRun(args) ? { code: 1, status: 'rolled_back' } : { code: 0, status: expect.stringMatching(/^(?:succeeded|rolled_back)$/) };

const summary = ({ code, report: { status, rollback } }: Shipped) => ({ code, status, remaining: rollback?.remaining ?? [] });

/** A way back that is refused touches nothing. What the run itself made before, the case says: `stays`. */
function nothingWasTouched({ stays, ends }: Case, before: Moment, after: Moment): void {
  const untouched = isDeepStrictEqual(after.world, before.world);
  if (stays === undefined || (ends === 'either' && untouched))
    expect(after.world, 'what was refused changed the world').toEqual(before.world);
  else expect(after.world.resources, 'what was refused changed resources').toEqual(stays);
}

/** What the report says in words; of a rollback that was done, also what people read. */
function wordsOf({ report, stderr }: Shipped, goesBack: boolean): string {
  const { failure, errors, rollback, steps, warnings, result } = report;
  return [...texts([failure, errors, rollback, steps, warnings, result]), ...(goesBack ? [stderr] : [])].join('\n');
}

const texts = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];

const contentOf = (project: string, { files }: Moment['world'], path: string): string | number | null => {
  if (path.endsWith('*')) return files[relative('world', path)] ?? 0;
  return existsSync(join(project, path)) ? readFileSync(join(project, path), 'utf8').trim() : null;
};
