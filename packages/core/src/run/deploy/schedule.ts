import type { Step, StepReport } from '../../types/index.js';
import { notRun, type Session } from '../session.js';
import { runStep, type StepOutcome } from './step.js';

/** How the steps of a run ended. */
export interface StepsOutcome {
  /** In the order of the plan; steps that never began are `not_run`. */
  readonly reports: readonly StepReport[];
  /** The failures that stop the run: more than one where steps ran side by side. */
  readonly failed: readonly FailedStep[];
  /** Failures of steps with `continue_on_error`. */
  readonly tolerated: readonly FailedStep[];
}

/** A step that failed, with the error itself for who judges it. */
export interface FailedStep {
  readonly step: Step;
  readonly error: unknown;
}

/** Runs the steps of the plan, independent ones side by side. After a failure what runs may finish, and nothing new starts. */
export function runSteps(session: Session): Promise<StepsOutcome> {
  return new Schedule(session).run();
}

class Schedule {
  readonly #ready: Step[] = [];
  readonly #waiting = new Map<string, number>();
  readonly #dependents = new Map<string, Step[]>();
  readonly #reports = new Map<string, StepReport>();
  readonly #tolerated: FailedStep[] = [];
  readonly #failed: FailedStep[] = [];
  #broken: { readonly error: unknown } | undefined;
  #running = 0;

  constructor(private readonly session: Session) {
    for (const step of session.plan.steps) {
      if (step.needs.length === 0) this.#ready.push(step);
      this.#waiting.set(step.id, step.needs.length);
      for (const need of step.needs) {
        const dependents = this.#dependents.get(need);
        if (dependents) dependents.push(step);
        else this.#dependents.set(need, [step]);
      }
    }
  }

  run(): Promise<StepsOutcome> {
    return new Promise((resolve, reject) => {
      const pump = () => {
        const { max_parallel } = this.session.kernel.config;
        while (this.#running < max_parallel && this.#ready.length > 0 && !this.#stopped())
          this.#start(this.#ready.shift()!).then(pump, (error) => {
            // What cannot be scheduled ends the run, but not before what still acts has ended.
            this.#broken ??= { error };
            pump();
          });
        if (this.#running > 0) return;
        if (this.#broken) reject(this.#broken.error);
        else resolve(this.#outcome());
      };
      pump();
    });
  }

  async #start(step: Step): Promise<void> {
    this.#running += 1;
    try {
      const finished = this.session.finished.get(step.id);
      if (finished === undefined) this.#finish(step, await runStep(this.session, step));
      else this.#pass(step, finished);
    } finally {
      this.#running -= 1;
    }
  }

  #finish(step: Step, { report, error }: StepOutcome): void {
    if (report.status === 'failed') (step.continue_on_error ? this.#tolerated : this.#failed).push({ step, error });
    if (report.status === 'failed' && !step.continue_on_error) this.#reports.set(step.id, report);
    else this.#pass(step, report);
  }

  #pass(step: Step, report: StepReport): void {
    this.#reports.set(step.id, report);
    for (const dependent of this.#dependents.get(step.id) ?? []) {
      const left = this.#waiting.get(dependent.id)! - 1;
      this.#waiting.set(dependent.id, left);
      if (left === 0) this.#ready.push(dependent);
    }
  }

  #stopped(): boolean {
    return this.#failed.length > 0 || this.#broken !== undefined || this.session.signal.aborted;
  }

  #outcome(): StepsOutcome {
    const reports = this.session.plan.steps.map((step) => this.#reports.get(step.id) ?? notRun(step));
    return { reports, failed: this.#failed, tolerated: this.#tolerated };
  }
}
