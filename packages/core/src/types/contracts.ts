import type { ComponentConfig, Config } from './config.js';
import type { FailureType, Trigger } from './failure.js';
import type { Json, JsonObject, JsonSchema } from './json.js';
import type { ComponentState, Finding, Probed, Restored } from './restorable.js';
import type { CapturedPart, PartName, Snapshot } from './snapshot.js';

/** What a step would do, for `--dry-run`. */
export interface Change {
  /** What would happen to it. `run`: a command, of which nobody knows what it touches. */
  readonly kind: 'create' | 'update' | 'replace' | 'delete' | 'run';
  /** What is touched, in words a person recognises. */
  readonly what: string;
  /** How this change alone would be undone, where that can be told. */
  readonly undo?: string;
}

/** Something a step brought into being, so that it can be taken away again. */
export interface Resource {
  /** What kind of thing, such as `release` or `bucket`; its remover is registered by this name. */
  readonly type: string;
  /** Tells it from others of its type. */
  readonly id: string;
  /** `created` by this step, `reused` where it was there before, `pending` before the call that makes it. Never removed: `reused`. */
  readonly provenance: 'created' | 'reused' | 'pending';
  /** Ties a `pending` one to the `created` one that has its id from elsewhere, such as a client token. */
  readonly correlation?: string;
  /** What its remover needs to know besides type and id. It is in the journal, so that it outlives a crash. */
  readonly delete?: Json;
  /** The commands a person would use to remove it, in their order. */
  readonly commands?: readonly string[];
  /** Where a person can look at it. */
  readonly console_url?: string;
}

/** The answer of a removal. `blocked`: something that still stands keeps it, and it is tried again. */
export interface Removal {
  /** Why it cannot be removed yet, such as `subnet-1 is still in it`. */
  readonly blocked?: string;
}

/** How resources of one type are taken away in a rollback. */
export interface Remover {
  /** Takes it away; what is gone already is no error. What throws leaves it as an orphan; `blocked` is tried again. */
  remove(ctx: Context, resource: Resource): Promise<Removal | void> | Removal | void;
  /** Is it there, and is it ours? Reads only. Without it a `pending` one is left to a person. */
  exists?(ctx: Context, resource: Resource): Promise<boolean> | boolean;
}

/** A process that a step started, precise enough to be recognised after a crash. */
export interface ProcessIdentity {
  /** The id that the system gave it. */
  readonly pid: number;
  /** The process group; equal to `pid` where the process leads its own. */
  readonly pgid: number;
  /** The command line. */
  readonly command: string;
  /** When it started, as the system tells; absent where it had ended before anybody could ask. */
  readonly started?: string;
  /** How long it wants to end in order after one SIGINT, in milliseconds. Who finds it later grants it that, too. */
  readonly grace_ms?: number;
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
  /** Where versions of a component listen, asked of its driver; empty where that cannot tell. */
  targetsOf(component: ComponentConfig): Promise<Targets>;
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
}

/**
 * What a plugin can do in a step. Capture, then act; undo is restore.
 *
 * - `capture` only reads; what it returns is on disk before `run` starts.
 * - `restore` is idempotent, copes with a step that never ran or half ran, and never removes what was there before.
 */
export interface Action<Input = JsonObject, Before extends Json | undefined = Json, Result extends Json | undefined = Json> {
  /** Schema of `with:`; checked before anything runs. */
  readonly input?: JsonSchema;
  /** For `--dry-run`; reads only. */
  preview?(ctx: StepContext, input: Input): Promise<readonly Change[]> | readonly Change[];
  /** Reads what `run` would change. Plain JSON of at most 8 MB; what throws here fails the step before it acted. */
  capture?(ctx: StepContext, input: Input): Promise<Before> | Before;
  /** Acts. Told through `ctx.signal` to stop; what throws fails the step. A ShipError may name `failureType` and `trigger`. */
  run(ctx: StepContext, input: Input, before: Before): Promise<Result> | Result;
  /** What is true now. Reads only; one that throws counts as not knowing, and the step is restored. */
  probe?(ctx: StepContext, input: Input, before: Before): Promise<Probed> | Probed;
  /** Puts back what was captured. `result` is absent where `run` did not end. What throws leaves the rollback incomplete. */
  restore?(ctx: StepContext, before: Before, result: Result | undefined, input: Input): Promise<Restored | void> | Restored | void;
  /** Can what was captured be put back, and does that do no harm? Reads only. `result` is absent where `run` did not end. */
  admit?(ctx: StepContext, before: Before, result: Result | undefined, input: Input): Promise<readonly Finding[]> | readonly Finding[];
  /** How the step would be undone, in words, for `--dry-run`; `changes` is what `preview` answered. */
  describeUndo?(input: Input, changes: readonly Change[]): string | undefined;
  /** The command a person would use to finish an undo that failed. */
  remedy?(input: Input, before: Before): string | undefined;
  /** Why the step cannot be undone; asks consent and goes last. */
  readonly irreversible?: string | ((input: Input) => string | undefined);
  /** `false` where a failure of the action alone does not call for a rollback. Default true. */
  readonly critical?: boolean;
  /** How long it may take to end in order after it was told to stop, in milliseconds. Default 20,000. */
  readonly grace_ms?: number;
}

/** An action of any types: what is registered is checked where it is defined. */
// biome-ignore lint/suspicious/noExplicitAny: each action has types of its own, and nobody else can name them
export type AnyAction = Action<any, any, any>;

/** How a kind of component is described, deployed and restored. */
export interface Driver<State extends Json = Json> {
  /** Schema of the component's own fields. */
  readonly settings: JsonSchema;
  /** What is live now; `undefined` where nothing was ever deployed. */
  describe(ctx: Context, component: ComponentConfig): Promise<ComponentState<State> | undefined>;
  /** Brings the configured version live and resolves when it is healthy. */
  deploy(ctx: Context, component: ComponentConfig, before: ComponentState<State> | undefined): Promise<ComponentState<State>>;
  /** Compares what is live with `before`, after a crash or a failure. */
  probe?(ctx: Context, component: ComponentConfig, before: ComponentState<State> | undefined): Promise<Probed>;
  /** Makes `state` live again; `undefined` means that nothing was there and what was deployed is removed. */
  restore(ctx: Context, component: ComponentConfig, state: ComponentState<State> | undefined): Promise<Restored>;
  /** Can `state` be restored? Reads only. */
  admit?(ctx: Context, component: ComponentConfig, state: ComponentState<State>): Promise<readonly Finding[]>;
  /** For `--dry-run`; reads only. */
  preview?(ctx: Context, component: ComponentConfig): Promise<readonly Change[]>;
  /** Where versions of the component listen now, live or standing by. For routers. */
  targets?(ctx: Context, component: ComponentConfig): Promise<Targets>;
  /** The name of the router that stands before its components where they name none. */
  readonly router?: string;
}

/** A driver of any state. */
// biome-ignore lint/suspicious/noExplicitAny: as with AnyAction
export type AnyDriver = Driver<any>;

/** The outcome of one attempt of a check: it held, it did not, it could not be asked, or the answer proves nothing. */
export type CheckOutcome =
  | { readonly outcome: 'passed'; readonly detail?: string }
  | { readonly outcome: 'failed' | 'errored' | 'inconclusive'; readonly detail: string };

/** A kind of check, used as `{ <kind>: argument, expect: ... }` in a suite. */
export interface Check<Input = Json> {
  /** Schema of the whole check but for what all checks share (`name`, `timeout`, `retry`, `required`, `component`). */
  readonly input: JsonSchema;
  /** Verifies once. What throws counts as `errored`; retries and the deadline are the kernel's. */
  run(ctx: Context, input: Input): Promise<CheckOutcome>;
  /** What a failure of it sets off; absent: what its suite does. */
  readonly trigger?: Trigger;
  /** A short text for the report, such as `GET https://shop.example/healthz`. */
  describe?(input: Input): string;
}

/** A check of any input. */
// biome-ignore lint/suspicious/noExplicitAny: as with AnyAction
export type AnyCheck = Check<any>;

/** A condition, used as `when: { <name>: argument }`. */
export interface Condition {
  /** Schema of the argument. */
  readonly input: JsonSchema;
  /** `false` passes the step over; what throws fails it. */
  holds(ctx: Context, argument: Json): Promise<boolean> | boolean;
}

/** What `ship doctor` looks at for a plugin. */
export interface Examination {
  /**
   * What it found, the most important first; nothing where all is well. Reads only, and asks nothing that changes.
   * `block`: nothing can be deployed, or taken back, like this; `warn`: something is wrong; `info`: good to know.
   */
  examine(ctx: CommandContext): Promise<readonly Finding[]> | readonly Finding[];
}

/** Where alerts go. */
export interface Channel {
  /** Schema of what the config says about the channel. */
  readonly options?: JsonSchema;
  /** Sends one message. What throws is told, and changes nothing else. */
  send(message: { readonly event: string; readonly severity: string; readonly text: string; readonly context: JsonObject }): Promise<void>;
}

/** A command of a plugin: `ship <name> [args...]`. */
export interface Command {
  /** One line for `--help`. */
  readonly summary: string;
  /** Shown after the name in `--help`, such as `list|stop [component]`. */
  readonly usage?: string;
  /** Resolves to the JSON document for `--json`; writes for people through `print`. */
  run(ctx: CommandContext, args: readonly string[]): Promise<Answer>;
}

/** The JSON document of a command. One that is long is given as a function: it is called only where somebody asked for `--json`. */
export type Answer = Json | void | (() => Json);

/** What a plugin's command is given. */
export interface CommandContext extends Context {
  /** The config, frozen. */
  readonly config: Config;
  /** Those of the config, by name. */
  readonly components: Readonly<Record<string, ComponentConfig>>;
  /** For people: a line, or several at once, which takes less time than one after the other. */
  print(text: string): void;
  /** What is live, asked of each component's driver, with references for secrets. Components that were never deployed are absent. */
  describeComponents(): Promise<Readonly<Record<string, ComponentState>>>;
  /** How what is live differs from the parts of a snapshot, a line each, by part; null where its plugin cannot tell. */
  compareParts(snapshot: Snapshot): Promise<Readonly<Partial<Record<PartName, readonly string[] | null>>>>;
  /** Ids of the snapshot that is live, and of the one that a run which has not ended well would go back to. */
  neededSnapshots(): Promise<readonly string[]>;
}

/** An error with the type that `retry.on` compares. Thrown by actions that know better than the classifier. */
export interface TypedFailure {
  /** The type; the text of the error is not looked at. */
  readonly failureType: FailureType;
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
  /** Are requests under way on a version? Who waits for them to end asks again. Absent where nobody can tell. */
  busy?(ctx: Context, component: ComponentConfig, version: string): Promise<boolean>;
  /** Whether a version could be given traffic. */
  healthy(ctx: Context, component: ComponentConfig, version: string): Promise<boolean>;
}

/** The files of a part, as they were captured. */
export interface PartFiles {
  /** The file with that ending, checked and decrypted. Throws where there is none, or where it is not what it was. */
  read(ending: string): Promise<Buffer>;
}

/** What belongs to an environment besides its components, such as its infrastructure. Captured, admitted and restored like them. */
export interface SnapshotPart<Value extends Json = Json> {
  /** What is live; undefined where there is nothing to keep. Reads only. */
  capture(ctx: Context): Promise<CapturedPart<Value> | undefined> | CapturedPart<Value> | undefined;
  /** Can it go back to `value`, and does that do no harm? Reads only. */
  admit?(ctx: Context, value: Value, files: PartFiles): Promise<readonly Finding[]> | readonly Finding[];
  /** Makes it as `value` has it. Idempotent; `changed: false` where it was so already. */
  restore(ctx: Context, value: Value, files: PartFiles): Promise<Restored> | Restored;
  /** Is what is live what `value` was captured from, as far as is written down? Asks nothing that takes long. Absent: nobody can tell. */
  isLive?(ctx: Context, value: Value): Promise<boolean> | boolean;
  /** How what is live differs from `value`, a line each; none where it does not. Reads only. */
  compare?(ctx: Context, value: Value, files: PartFiles): Promise<readonly string[]> | readonly string[];
}

/** A part of any value. */
// biome-ignore lint/suspicious/noExplicitAny: as with AnyAction
export type AnySnapshotPart = SnapshotPart<any>;
