import type { Report } from '@ship/core';
import { expect } from 'vitest';
import type { Ended } from './ship.js';

const FIELDS = [
  'format',
  'command',
  'run',
  'project',
  'environment',
  'status',
  'exit_code',
  'started_at',
  'duration_ms',
  'steps',
  'failure',
  'decision',
  'rollback',
  'verification',
  'resources',
  'snapshot',
  'errors',
  'evidence',
  'warnings',
];
const OPTIONAL = ['dry_run', 'plan', 'questions', 'result'];

/** The one document on stdout, with all documented fields and no other, and the exit status it tells. */
export function documentOf({ stdout, code }: Ended): Report {
  expect(stdout).toMatch(/^\{[\s\S]*\}\n$/);
  const report = JSON.parse(stdout) as Report;
  expect(
    Object.keys(report)
      .filter((key) => !OPTIONAL.includes(key))
      .sort(),
  ).toEqual([...FIELDS].sort());
  expect(report.format).toBe(1);
  expect(report.exit_code).toBe(code);
  expect(new Date(report.started_at).toISOString()).toBe(report.started_at);
  for (const error of report.errors)
    expect(error).toMatchObject({
      code: expect.stringMatching(/^SHIP_[A-Z_]+$/),
      message: expect.any(String),
      docs: expect.stringContaining('docs/errors.md#ship_'),
    });
  return report;
}
