import type { Report } from '@ship/core';
import { emptyReport, type Kernel } from '@ship/core/kernel';

/** The report of a verb that ran nothing, for the environment that it was asked of. */
export function answerOf({ config: { project, environment } }: Kernel, verb: string, fields: Partial<Report>): Report {
  return { ...emptyReport(verb, new Date()), project, environment, ...fields };
}
