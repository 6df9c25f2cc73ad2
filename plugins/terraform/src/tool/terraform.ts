import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv, Context, ExecOptions, ExecResult, StepContext } from '@ship/core';
import { type CommandFailed, isCommandFailed } from '@ship/exec';
import { type Progress, progressIn } from '../actions/progress.js';
import { errors } from '../errors.js';
import type { Stack } from '../stack.js';
import { type Diagnostic, diagnosticsIn, errorsInText, type LockInfo, lockIn, oneLine } from './diagnostics.js';
import { type PlanDocument, readPlan } from './plan-document.js';
import { readState, type State } from './state.js';
import type { Tool } from './tool.js';

/** One SIGINT ends it in order, and it may have to wait for a cloud. A second signal makes it forget what it has made. */
export const GRACE_MS = 120_000;
/** Plans and states of large infrastructures are long. */
const LARGEST_DOCUMENT = 512 * 1024 ** 2;

/** Where a configuration lies, and where Terraform keeps what it needs for it. */
export interface Place {
  readonly cwd: string;
  readonly dataDir: string;
}

/** What a plan is made of. */
export interface PlanOptions {
  readonly out: string;
  readonly varFiles: readonly string[];
  readonly targets?: readonly string[];
  readonly destroy?: boolean;
  readonly refreshOnly?: boolean;
  /** A preview takes no lock: it changes nothing, and may be a little out of date. */
  readonly locks: boolean;
}

let initialised: Promise<unknown> = Promise.resolve();

/** One `init` after the other: Terraform's cache of providers is not safe for two at once. */
function alone<T>(init: () => Promise<T>): Promise<T> {
  const mine = initialised.then(init);
  initialised = mine.catch(() => {});
  return mine;
}

/** Terraform, or OpenTofu, in one place. */
export class Terraform {
  constructor(
    private readonly ctx: Context,
    readonly tool: Tool,
    readonly stack: Stack,
    readonly place: Place,
  ) {}

  /** Providers are big, and a rollback must not download them again. */
  get #pluginCache(): string {
    return this.ctx.env.TF_PLUGIN_CACHE_DIR ?? join(this.ctx.stateDir, 'terraform', 'plugin-cache');
  }

  /** Installs modules and providers, and finds the backend. Never moves a state from one backend to another. */
  async init(backendConfig?: string): Promise<void> {
    for (const folder of [this.place.dataDir, this.#pluginCache]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const configured = backendConfig === undefined ? [] : [`-backend-config=${backendConfig}`];
    const args = ['-input=false', '-no-color', '-reconfigure', ...configured];
    // The workspace may be one that only the first apply makes.
    await alone(() => this.#run('init', args, { env: { TF_WORKSPACE: undefined } }));
  }

  /** The state as the backend has it; undefined where there is none. */
  async pull(): Promise<State | undefined> {
    const { stdout } = await this.#run('state pull', [], { maxBytes: LARGEST_DOCUMENT });
    return readState(stdout);
  }

  /** Puts a state where the backend has it. Terraform refuses one of another lineage, or an older one. */
  async push(file: string): Promise<void> {
    await this.#run('state push', [`-lock-timeout=${this.stack.lockTimeout}`, file]);
  }

  /** What a state in a file holds, in the form of plans. */
  async show(stateFile: string): Promise<string> {
    const { stdout } = await this.#run('show', ['-json', '-no-color', stateFile], { maxBytes: LARGEST_DOCUMENT });
    return stdout;
  }

  /** Takes resources out of the state; they themselves stay. */
  async forget(addresses: readonly string[]): Promise<void> {
    await this.#run('state rm', [`-lock-timeout=${this.stack.lockTimeout}`, ...addresses]);
  }

  /** Makes a plan and reads it. `differs` is false where nothing would change, outputs included. */
  async plan({ out, varFiles, targets = [], destroy, refreshOnly, locks }: PlanOptions): Promise<PlanDocument> {
    const { exitCode } = await this.#run(
      'plan',
      [
        '-json',
        '-input=false',
        '-detailed-exitcode',
        `-out=${out}`,
        ...(locks ? [`-lock-timeout=${this.stack.lockTimeout}`] : ['-lock=false']),
        ...(this.stack.parallelism === undefined ? [] : [`-parallelism=${this.stack.parallelism}`]),
        ...varFiles.map((file) => `-var-file=${file}`),
        ...targets.map((target) => `-target=${target}`),
        ...(destroy ? ['-destroy'] : []),
        ...(refreshOnly ? ['-refresh-only'] : []),
      ],
      { okExitCodes: [0, 2] },
      (progress) => progress.type !== 'other',
    );
    const { stdout } = await this.#run('show', ['-json', '-no-color', out], { maxBytes: LARGEST_DOCUMENT });
    return readPlan(stdout, exitCode === 2);
  }

  /**
   * Applies that very plan. Terraform refuses one that is out of date. A plan keeps no values of ephemeral variables:
   * where there are some, the files with variables are given once more.
   */
  async apply(planFile: string, varFiles: readonly string[], onProgress: (progress: Progress) => void): Promise<void> {
    const { parallelism, lockTimeout } = this.stack;
    const limited = parallelism === undefined ? [] : [`-parallelism=${parallelism}`];
    const again = varFiles.map((file) => `-var-file=${file}`);
    await this.#run('apply', ['-json', '-input=false', `-lock-timeout=${lockTimeout}`, ...limited, ...again, planFile], {}, (progress) => {
      onProgress(progress);
      return progress.type !== 'other' && progress.type !== 'planned';
    });
  }

  /** All outputs, including sensitive ones. */
  async outputs(): Promise<Readonly<Record<string, { readonly value: unknown; readonly sensitive: boolean }>>> {
    const { stdout } = await this.#run('output', ['-json', '-no-color'], { maxBytes: LARGEST_DOCUMENT });
    return JSON.parse(stdout) as Record<string, { value: unknown; sensitive: boolean }>;
  }

  /** The lock that somebody holds; undefined where it could be taken. It is released at once. */
  async heldLock(): Promise<LockInfo | undefined> {
    const since = Date.now();
    try {
      await this.#run('untaint', ['-no-color', '-allow-missing', '-lock-timeout=0s', 'terraform_data.ship_looks_at_the_lock']);
      return undefined;
    } catch (error) {
      const { cause } = error as Error;
      const lock = isCommandFailed(cause) ? lockAmong(errorsOf(cause), since) : undefined;
      if (lock === undefined) throw error;
      return lock;
    }
  }

  async #run(
    command: string,
    args: readonly string[],
    more: ExecOptions = {},
    shows?: (progress: Progress) => boolean,
  ): Promise<ExecResult> {
    const since = Date.now();
    const argv = [this.tool.path, ...command.split(' '), ...args] as unknown as Argv;
    const show = (text: string) => {
      for (const line of text.split('\n')) {
        const progress = progressIn(line);
        if (progress !== undefined && shows?.(progress)) this.ctx.output({ stream: 'stdout', text: `${progress.text}\n` });
      }
    };
    try {
      return await this.ctx.exec(argv, {
        cwd: this.place.cwd,
        killGraceMs: GRACE_MS,
        ...more,
        env: { ...this.#env(), ...more.env },
        onOutput: shows === undefined ? null : ({ text }) => show(text),
      });
    } catch (error) {
      if (isCommandFailed(error) && error.kind === 'exit') throw this.#failure(command, error, since);
      throw error;
    }
  }

  /** The environment of the tool, without TF_CLI_ARGS: that is meant for commands typed by hand. */
  #env(): Record<string, string | undefined> {
    const { ctx, stack, place } = this;
    const step = (ctx as Partial<StepContext>).step;
    const own = Object.keys(ctx.env).filter((name) => name.startsWith('TF_CLI_ARGS'));
    return {
      ...Object.fromEntries(own.map((name) => [name, undefined])),
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      TF_DATA_DIR: place.dataDir,
      TF_WORKSPACE: stack.workspace === 'default' ? undefined : stack.workspace,
      TF_PLUGIN_CACHE_DIR: this.#pluginCache,
      SHIP_RUN: ctx.run,
      ...(step === undefined ? {} : { SHIP_STEP: step.id }),
    };
  }

  #failure(command: string, failed: CommandFailed, since: number): Error {
    const found = errorsOf(failed);
    const { dir, lockTimeout } = this.stack;
    const lock = lockAmong(found, since);
    if (lock !== undefined) return errors.SHIP_TERRAFORM_LOCKED({ dir, lock, waited: lockTimeout }, { cause: failed });
    const line = `${this.tool.kind} ${command}`;
    return errors.SHIP_TERRAFORM_FAILED({ command: line, dir, reported: summaryOf(found) || failed.message }, { cause: failed });
  }
}

/** The errors that a failed command reported, in its stream or for people. */
const errorsOf = ({ stdout, stderr }: CommandFailed): Diagnostic[] => [
  ...diagnosticsIn(stdout).filter(({ severity }) => severity === 'error'),
  ...errorsInText(stderr),
];

const lockAmong = (found: readonly Diagnostic[], since: number): LockInfo | undefined =>
  found.map((each) => lockIn(each, since)).find((lock) => lock !== undefined);

/** All errors, each once. */
const summaryOf = (found: readonly Diagnostic[]): string => [...new Set(found.map(oneLine))].join('; ');
