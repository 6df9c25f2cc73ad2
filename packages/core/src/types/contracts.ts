import type { Change, Removal, Resource } from './change.js';
import type { ComponentConfig, Config, Position } from './config.js';
import type { Argv, Context, ExecOptions, ExecResult, StepContext, Targets } from './context.js';
import type { FailureType, Trigger } from './failure.js';
import type { Json, JsonObject, JsonSchema } from './json.js';
import type { ComponentState, Finding, Probed, Restored } from './restorable.js';
import type { CapturedPart, Snapshot } from './snapshot.js';

/** How resources of one type are taken away in a rollback. */
export interface Remover {
  /** Takes it away; what is gone already is no error. What throws leaves it as an orphan; `blocked` is tried again. */
  remove(ctx: Context, resource: Resource): Promise<Removal | void> | Removal | void;
  /** Is it there, and is it ours? Reads only. Without it a `pending` one is left to a person. */
  exists?(ctx: Context, resource: Resource): Promise<boolean> | boolean;
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
  /** Acts. Asked to stop through `ctx.signal`; what throws fails the step. A ShipError may name `failureType` and `trigger`. */
  run(ctx: StepContext, input: Input, before: Before): Promise<Result> | Result;
  /** What is true now. Reads only; one that throws counts as not knowing, and the step is restored. */
  probe?(ctx: StepContext, input: Input, before: Before): Promise<Probed> | Probed;
  /** Puts back what was captured. `result` is absent where `run` did not end. What throws leaves the rollback incomplete. */
  restore?(ctx: StepContext, before: Before, result: Result | undefined, input: Input): Promise<Restored | void> | Restored | void;
  /**
   * When everything of a rollback is back, each step that was undone is asked once more, in the order of the plan: what
   * depends on other steps follows them here, and proves it. Idempotent. What throws leaves the rollback incomplete.
   */
  settle?(ctx: StepContext, before: Before, result: Result | undefined, input: Input): Promise<void> | void;
  /**
   * Must it be undone before the steps that came after it, as what they go back to cannot work without that? Asked once, right
   * before a rollback begins; reads only. What throws counts as no.
   */
  goesFirst?(ctx: StepContext, before: Before, result: Result | undefined, input: Input): Promise<boolean> | boolean;
  /** Can what was captured be put back, and does that do no harm? Reads only. `result` is absent where `run` did not end. */
  admit?(ctx: StepContext, before: Before, result: Result | undefined, input: Input): Promise<readonly Finding[]> | readonly Finding[];
  /** How the step would be undone, in words, for `--dry-run`; `changes` is what `preview` answered. */
  describeUndo?(input: Input, changes: readonly Change[]): string | undefined;
  /** The command a person would use to finish an undo that failed. */
  remedy?(input: Input, before: Before): string | undefined;
  /** Why the step cannot be undone; asks consent and goes last. */
  readonly irreversible?: string | ((input: Input) => string | undefined);
  /**
   * `run` goes on from wherever it was cut off, or has failed, as far as its capture and its progress tell it: who goes on
   * with the run, or tries the step again, does not have it undone first.
   */
  readonly goesOn?: true;
  /** `false` where a failure of the action alone does not call for a rollback. Default true. */
  readonly critical?: boolean;
  /** How long it may take to end in order after it was asked to stop, in milliseconds. Default 20,000. */
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
  /**
   * Puts right what a process that is gone has left, such as files that are not where they belong: what is proven dead, and
   * nothing else. Asked by `ship doctor --fix`, and by `ship recover` before it looks for a run. Answers what it did, in words;
   * nothing where all was well. Idempotent. What it throws is said, and keeps nobody from recovering.
   */
  mend?(ctx: Context): Promise<readonly string[]> | readonly string[];
  /** What waits for its time, a line each, for `ship status`. Reads what ship has kept, and asks nobody else. */
  waiting?(ctx: Context): Promise<readonly string[]> | readonly string[];
}

/** What a channel sends. */
export interface Message {
  /** What it is about, such as `rollback_initiated`. */
  readonly event: string;
  /** How much it matters: `info`, `warning`, `error` or `critical`. */
  readonly severity: string;
  /** For people. */
  readonly text: string;
  /** For templates and machines. */
  readonly context: JsonObject;
}

/** Where alerts go. */
export interface Channel {
  /** Schema of what the config says about the channel. */
  readonly options?: JsonSchema;
  /** Sends one message. What throws is reported, and changes nothing else. */
  send(message: Message): Promise<void>;
}

/** A command of a plugin: `ship <name> [args...]`. */
export interface Command {
  /** One line for people. `ship --help` loads no plugin: what it says of those that come with `ship` stands in it, and a test holds it to this. */
  readonly summary: string;
  /** What follows the name, such as `list|stop [component]`. */
  readonly usage?: string;
  /** Resolves to the JSON document for `--json`; writes for people through `print`. */
  run(ctx: CommandContext, args: readonly string[]): Promise<Json | void>;
}

/** A message beside a line of a file. */
export interface Annotation {
  /** `error`: it must not be so. `warning`: somebody should look. */
  readonly level: 'error' | 'warning';
  /** Absolute, or relative to the folder of the config. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Its rule, such as `up-drop-column`. */
  readonly title: string;
  /** For people. Redacted. */
  readonly message: string;
}

/** What a plugin's command is given. */
export interface CommandContext extends Context {
  /** The config, frozen. */
  readonly config: Config;
  /** Those of the config, by name. */
  readonly components: Readonly<Record<string, ComponentConfig>>;
  /** Why, in the words of who gave the command. */
  readonly reason?: string;
  /** For people: a line, or several at once. */
  print(text: string): void;
  /** Where the command runs as a check of a change that a service shows: shows a message beside a line of a file. Elsewhere nothing. */
  annotate(annotation: Annotation): void;
  /** The answer says no: the report is that of a refusal, and the command ends with this exit status, such as 6. */
  refuse(exitCode: number): void;
  /** What is live, asked of each component's driver, with references for secrets. Components that were never deployed are absent. */
  describeComponents(): Promise<Readonly<Record<string, ComponentState>>>;
  /** How what is live differs from the parts of a snapshot, a line each, by part; null where its plugin cannot compare. */
  compareParts(snapshot: Snapshot): Promise<Readonly<Record<string, readonly string[] | null>>>;
  /** Ids of the snapshot that is live, and of the one that a run which has not ended well would go back to. */
  neededSnapshots(): Promise<readonly string[]>;
}

/** An error with the type that `retry.on` compares. Thrown by actions that know better than the classifier. */
export interface TypedFailure {
  /** The type; the text of the error is not looked at. */
  readonly failureType: FailureType;
}

/** The files of a part, as they were captured. */
export interface PartFiles {
  /** The file with that ending, checked and decrypted. Throws where there is none, or where it is not what it was. */
  read(ending: string): Promise<Buffer>;
}

/** What belongs to an environment besides its components, such as its infrastructure. Captured, admitted and restored like them. */
export interface SnapshotPart<Value extends Json = Json> {
  /** Names of the parts that it stands on: they go back before it. A part that is not there is no matter. */
  readonly after?: readonly string[];
  /** What is live; undefined where there is nothing to keep. Reads only. */
  capture(ctx: Context): Promise<CapturedPart<Value> | undefined> | CapturedPart<Value> | undefined;
  /** Can it go back to `value`, and does that do no harm? Reads only. */
  admit?(ctx: Context, value: Value, files: PartFiles): Promise<readonly Finding[]> | readonly Finding[];
  /** Makes it as `value` has it. Idempotent; `changed: false` where it was so already. */
  restore(ctx: Context, value: Value, files: PartFiles): Promise<Restored> | Restored;
  /** Is what is live what `value` was captured from, as far as is written down? Asks nothing that takes long. Absent: unknown. */
  isLive?(ctx: Context, value: Value): Promise<boolean> | boolean;
  /** How what is live differs from `value`, a line each; none where it does not. Reads only. */
  compare?(ctx: Context, value: Value, files: PartFiles): Promise<readonly string[]> | readonly string[];
}

/** A part of any value. */
// biome-ignore lint/suspicious/noExplicitAny: as with AnyAction
export type AnySnapshotPart = SnapshotPart<any>;

/** A place where commands run: this machine, hosts, a container. A step names it with `on:`; `local` is this machine. */
export interface Executor {
  /**
   * Executes a command at the place, or at `ctx.target` of it. Rejects where it does not end well, with a ShipError that
   * has the fields of a CommandFailed; ends what it started when `ctx.signal` aborts; reports processes through `ctx.spawned`.
   */
  exec(ctx: Context, command: Argv, options: ExecOptions): Promise<ExecResult>;
  /**
   * What the place consists of, by names of their own, such as hosts. A step runs on each of them, and goes back
   * on each that it reached. Asked before anything runs. Absent: the place is one.
   */
  targets?(ctx: Context): Promise<readonly string[]> | readonly string[];
}

/** A mistake against a schema: where in the value, what, and what to do. */
export interface SchemaMistake {
  /** Keys from the value down to the mistake. */
  readonly path: readonly string[];
  /** What is wrong, with the user's value. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Checks values against the JSON Schemas of plugins. */
export interface SchemaChecker {
  /** Whether a schema that is compiled already accepts the value: no promise is made for what is right, as most is. */
  accepts(schema: JsonSchema, value: unknown): boolean;
  /** The mistakes of a value. Throws SHIP_PLUGIN_SCHEMA where nothing can be checked against the schema itself. */
  check(schema: JsonSchema, value: unknown, owner?: SchemaOwner): Promise<readonly SchemaMistake[]>;
}

/** Whose schema it is, for the error that says that it cannot be used. */
export interface SchemaOwner {
  /** The plugin that brings the schema. */
  readonly plugin: string;
  /** What is checked, such as `action files/copy`. */
  readonly what: string;
  /** Where the config uses it. */
  at?(): Position | undefined;
}
