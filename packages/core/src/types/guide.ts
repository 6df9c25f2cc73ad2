import type { Evidence, Failure } from './failure.js';
import type { ReportedResource, StepReport } from './report.js';

/** What somebody needs who looks into a failed run before it is decided what becomes of it. */
export interface InterventionGuide {
  /** What went wrong. */
  readonly failure: Failure;
  /** What plugins gathered about it. */
  readonly evidence: readonly Evidence[];
  /** Each step, as far as it came. */
  readonly steps: readonly StepReport[];
  /** What stands because steps of this run made it. */
  readonly resources: readonly ReportedResource[];
  /** Where the journal is: a path, or its key in the store. */
  readonly journal: string;
  /** The folder with the output of the steps. */
  readonly logs: string;
  /** What can be done about it later, and by which command. */
  readonly commands: readonly { readonly command: string; readonly does: string }[];
}
