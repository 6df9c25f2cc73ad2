import type { ShipEvent, Step, StepReport } from '@ship/core';
import { Listr, type ListrTaskWrapper } from 'listr2';
import { STOPPING } from '../process.js';
import type { Terminal } from '../terminal.js';
import { duration } from './format.js';
import { describe } from './lines.js';

// biome-ignore lint/suspicious/noExplicitAny: the renderers' types are of no interest here
type Task = ListrTaskWrapper<any, any, any>;

interface LiveStep {
  start(): void;
  output(text: string): void;
  title(text: string): void;
  finish(report: StepReport): void;
}

/**
 * The view on a terminal: listr2 draws the steps, the kernel decides. It sees events and nothing else,
 * and leaves signals alone.
 */
export class LiveView {
  readonly #steps = new Map<string, LiveStep>();
  readonly #running = new Map<string, string>();
  readonly #held: string[] = [];
  #drawing: Promise<unknown> | undefined;

  constructor(private readonly terminal: Terminal) {}

  readonly onEvent = (event: ShipEvent): void => {
    if (event.type === 'run-started') this.#open(event.plan.steps);
    const step = 'step' in event ? (typeof event.step === 'string' ? event.step : event.step.id) : undefined;
    const live = step === undefined ? undefined : this.#steps.get(step);
    // What runs on after a question is shown in lines: the drawing has ended.
    if (live === undefined) {
      if (event.type !== 'step-output') this.#say(event);
      return;
    }
    switch (event.type) {
      case 'step-started':
        this.#running.set(event.step.id, event.step.name ?? event.step.id);
        live.start();
        return;
      case 'step-output':
        live.output(event.output.text);
        return;
      case 'step-retried':
        live.title(`${event.step.id} (attempt ${event.attempt + 1} in ${duration(event.delay_ms)})`);
        return;
      case 'step-finished':
        live.finish(event.report);
        this.#steps.delete(event.step.id);
        this.#running.delete(event.step.id);
        return;
      default:
        this.#say(event);
    }
  };

  /** While the steps are drawn nothing else is: what runs says that it was asked to end. */
  interrupted(): void {
    for (const [id, name] of this.#running) this.#steps.get(id)?.title(`${name}: ${STOPPING}`);
  }

  /** Resolves when the last frame is drawn. */
  async close(): Promise<void> {
    for (const [id, step] of this.#steps) step.finish({ id, uses: '', status: 'not_run', duration_ms: 0, attempts: 0 });
    this.#steps.clear();
    await this.#drawing;
    this.#release();
  }

  #open(steps: readonly Step[]): void {
    const tasks = steps.map((step) => {
      const early = waiting();
      this.#steps.set(step.id, early);
      return { title: this.terminal.safe(step.name ?? step.id), task: (_: unknown, task: Task) => this.#drive(step, early, task) };
    });
    const listr = new Listr(tasks, {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: 'default',
      rendererOptions: { collapseErrors: false, collapseSkips: true, removeEmptyLines: false },
    });
    this.#drawing = listr.run();
  }

  /** Until its step starts a task waits; listr2 would draw it as running. */
  #drive(step: Step, early: EarlyStep, task: Task): Promise<void> {
    const state = task.task as unknown as { state$: string };
    state.state$ = 'WAITING';
    const { safe } = this.terminal;
    return new Promise((resolve, reject) => {
      const name = safe(step.name ?? step.id);
      const live: LiveStep = {
        start: () => {
          task.title = name;
          state.state$ = 'STARTED';
        },
        output: (text) => {
          task.output = safe(text.trimEnd().split('\n').at(-1) ?? '');
        },
        title: (text) => {
          task.title = safe(text);
        },
        finish: (report) => {
          if (report.status === 'done') task.title = `${name} ${this.terminal.paint.dim(`(${duration(report.duration_ms)})`)}`;
          if (report.status === 'failed') reject(new Error(safe(`${name}: ${report.error?.message ?? 'failed'}`)));
          else if (report.status === 'done') resolve();
          else {
            task.skip(safe(`${name} (${report.reason ?? 'not run'})`));
            resolve();
          }
        },
      };
      if (this.#steps.get(step.id) === early) this.#steps.set(step.id, live);
      early.replay(live);
    });
  }

  /** What is no step stands in lines below the steps; while they are drawn it waits. */
  #say(event: ShipEvent): void {
    if (event.type === 'run-started') this.terminal.line(describe(event, this.terminal));
    if (event.type === 'suite-started' || event.type === 'failure' || event.type === 'rollback-started') void this.close();
    const text = event.type === 'run-started' ? undefined : describe(event, this.terminal);
    if (text !== undefined) this.#held.push(text);
    if (this.#drawing === undefined) this.#release();
  }

  #release(): void {
    this.#drawing = undefined;
    for (const text of this.#held.splice(0)) this.terminal.line(text);
  }
}

interface EarlyStep extends LiveStep {
  replay(live: LiveStep): void;
}

/** Takes what happens to a step before listr2 has begun its task. */
function waiting(): EarlyStep {
  const calls: ((live: LiveStep) => void)[] = [];
  return {
    start: () => calls.push((live) => live.start()),
    output: (text) => calls.push((live) => live.output(text)),
    title: (text) => calls.push((live) => live.title(text)),
    finish: (report) => calls.push((live) => live.finish(report)),
    replay: (live) => {
      for (const call of calls) call(live);
    },
  };
}
