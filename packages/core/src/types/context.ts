import type { Resource } from './change.js';
import type { CheckConfig, ComponentConfig } from './config.js';
import type { SuiteName } from './failure.js';
import type { History } from './history.js';
import type { Json, JsonSchema } from './json.js';
import type { SuiteReport } from './report.js';

/** A process that a step started, precise enough to be recognised after a crash. */
export interface ProcessIdentity {
  /** The id that the system gave it. */
  readonly pid: number;
  /** The process group; equal to `pid` where the process leads its own. */
  readonly pgid: number;
  /** The command line. */
  readonly command: string;
  /** When it started, as the system reports it; absent where it had ended before anybody could ask. */
  readonly started?: string;
  /** How long it wants to end in order after one SIGINT, in milliseconds. Who finds it later grants it that, too. */
  readonly grace_ms?: number;
  /** What it leaves running in its group when it has ended is a service, and stays. */
  readonly leaves?: 'service';
}

/** A command and its arguments. No shell reads them. */
export type Argv = readonly [string, ...string[]];

/** How a command is executed. */
export interface ExecOptions {
  /** The working folder; relative ones start at the folder of the config. That folder itself when absent. */
  readonly cwd?: string | undefined;
  /** Laid over `ctx.env`; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** What the command reads on stdin. Nothing when absent: the command sees the end at once. */
  readonly input?: string | undefined;
  /** The command's own deadline. */
  readonly timeoutMs?: number | undefined;
  /** The pause after SIGINT before SIGTERM, and after SIGTERM before SIGKILL, in milliseconds. Default 5000. */
  readonly killGraceMs?: number | undefined;
  /** `combined` keeps the order of both streams and puts all into `stdout`. Default `separate`. */
  readonly output?: 'combined' | 'separate' | undefined;
  /** How much of each stream is kept: its head and its tail. Default 1 MiB. */
  readonly maxBytes?: number | undefined;
  /** Is handed whole lines while the command runs, redacted; `ctx.output` when absent, nobody where it is null. */
  readonly onOutput?: ((output: Output) => void) | null | undefined;
  /** The exit codes that count as success. Default `[0]`. */
  readonly okExitCodes?: readonly number[] | 'any' | undefined;
  /** It starts a service that is to stay when it has ended well. What other commands leave running is ended with their step. */
  readonly leaves?: 'service' | undefined;
}

/** What a command left behind. */
export interface ExecResult {
  /** What was executed. */
  readonly command: Argv;
  /** One of those that count as success. */
  readonly exitCode: number;
  /** A command that was ended by a signal has not succeeded. */
  readonly signal: null;
  /** Exactly what the command wrote, UTF-8 decoded, not redacted; the middle is missing if `truncated`. */
  readonly stdout: string;
  /** As `stdout`. Empty where the output is combined. */
  readonly stderr: string;
  /** The output was longer than is kept. */
  readonly truncated: boolean;
  /** In milliseconds. */
  readonly durationMs: number;
  /** Its process id, where it ran; 0 where nobody knows. */
  readonly pid: number;
}

/** Writes lines for people. Every line is redacted before it goes anywhere. */
export interface Logger {
  /** For `--verbose`. */
  debug(message: string): void;
  /** For everybody. */
  info(message: string): void;
  /** For everybody, and marked. */
  warn(message: string): void;
}

/** One piece of a tool's output, already redacted. */
export interface Output {
  /** Where the tool wrote it. */
  readonly stream: 'stdout' | 'stderr';
  /** A piece as it came: it need not end with a line. */
  readonly text: string;
}

/** What every action, driver, router and check is given. */
export interface Context {
  /** The id of the run; outside of one, what the context is for, such as `preview`. */
  readonly run: string;
  /** Whoever asks only looks, as `ship status` does: nothing is started or mended for it. */
  readonly looks?: true;
  /** The project of the config. */
  readonly project: string;
  /** The environment that is deployed to. */
  readonly environment: string;
  /** The folder of the config; relative paths start here. */
  readonly dir: string;
  /** The folder of the state, `.speckit`, on this machine. */
  readonly stateDir: string;
  /** The environment for tools: that of this process, copied after `beforeRun`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted at the deadline and on Ctrl-C; `reason` is a ShipError. */
  readonly signal: AbortSignal;
  /** Lines bear the name of the step, check or plugin. */
  readonly log: Logger;
  /** Values for templates and conditions, such as `branch` and `sha`. */
  readonly facts: Readonly<Record<string, string>>;
  /** Where commands run: the executor that the step names with `on:`, and the part of it, such as a host, where it has parts. */
  readonly place: { readonly name: string; readonly target?: string };
  /** Executes a command where the step's `on:` says: on this machine, unless it names another place. */
  exec(command: Argv, options?: ExecOptions): Promise<ExecResult>;
  /** Hands output of a tool to the view and to the step's log. */
  output(output: Output): void;
  /** Replaces every known secret. */
  redact(text: string): string;
  /** Replaces secrets by references, for what is kept and read back by `ship`. Journals and snapshots do so by themselves. */
  refer<T>(value: T): T;
  /** Puts back what {@link refer} took out. Throws SHIP_SECRET_MISSING where a secret is not set now. */
  resolve<T>(value: T): T;
  /** The router before a component; undefined where none stands there. */
  routerOf(component: ComponentConfig): Router | undefined;
  /** Where versions of a component listen, asked of its driver; empty where that does not know. */
  targetsOf(component: ComponentConfig): Promise<Targets>;
  /** What happened in the environment before, and how it stands. */
  readonly history: History;
  /** Records a started process in the journal, so that recovery finds it. */
  spawned(process: ProcessIdentity): void;
  /** Records a resource the moment it exists, or before the call that makes it; durable before it resolves. */
  created(resource: Resource): Promise<void>;
}

/** What an action's functions are given: the context, and the step they work for. */
export interface StepContext extends Context {
  /** The step, its action, and which attempt this is, from 1. */
  readonly step: { readonly id: string; readonly uses: string; readonly attempt: number };
  /** The component that the step names. */
  readonly component?: ComponentConfig;
  /** How far the step has come, also before a crash: what {@link StepContext.progress} wrote down. */
  readonly progressed: Readonly<Record<string, Json>>;
  /**
   * Writes down how far the step has come, by a name of its own; a later value replaces the one before. Durable before it
   * resolves, so that whoever goes on, or back, after a crash knows.
   */
  progress(name: string, value: Json): Promise<void>;
  /** Runs checks now, such as between two steps of a gradual rollout: a suite of the config, or checks as it has them. */
  check(asked: SuiteName | readonly CheckConfig[]): Promise<SuiteReport>;
  /** The same context for one target of the step's place. */
  at(target: string): StepContext;
}

/** A version of a component that runs, and where it listens. */
export interface Target {
  /** Its version. */
  readonly version: string;
  /** An address or a name. */
  readonly host: string;
  /** From 1. */
  readonly port: number;
}

/** What runs of a component, the oldest first, each by a key that no other has, such as the id of a release. */
export type Targets = Readonly<Record<string, Target>>;

/** Share of traffic by version, in percent; the shares add up to 100. */
export type Weights = Readonly<Record<string, number>>;

/** How traffic is weighed between versions of one component. A version may also be named by its key in {@link Targets}. */
export interface Router {
  /** Schema of what the component says about the router. */
  readonly settings?: JsonSchema;
  /** The shares in force now. */
  weights(ctx: Context, component: ComponentConfig): Promise<Weights>;
  /** Resolves when the new weights are in force, read back from the router. */
  shift(ctx: Context, component: ComponentConfig, weights: Weights): Promise<void>;
  /** Are requests under way on a version? Who waits for them to end asks again. Absent where it is unknown. */
  busy?(ctx: Context, component: ComponentConfig, version: string): Promise<boolean>;
  /** Whether a version could be given traffic. */
  healthy(ctx: Context, component: ComponentConfig, version: string): Promise<boolean>;
}
