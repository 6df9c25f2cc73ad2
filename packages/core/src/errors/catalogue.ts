import type { LeaseOwner } from '../types/index.js';
import { codes, defineErrors, seconds } from './ship-error.js';
import type { Choice } from './suggest.js';

/** A name that stands for nothing. */
interface Unknown {
  readonly kind: string;
  readonly known: readonly string[];
  readonly suggestion?: string | undefined;
  /** A plugin of this name that is not on. */
  readonly offered?: string | undefined;
}

/** Nothing was touched: something that was asked for or configured cannot be. */
const exit2 = codes(2, {
  SHIP_CONFIG_INVALID: [
    (d: { file: string; count: number }) => `${d.file} has ${d.count === 1 ? 'a mistake' : `${d.count} mistakes`}`,
    'Nothing was touched. `ship validate` checks the file again.',
  ],
  // Store, lease and journal.
  SHIP_STORE_UNUSABLE: [
    'store {name} of plugin {plugin} cannot be used: {reason}',
    'Nothing was touched. Look at the options of the plugin, or take `store:` out of the config for files in .speckit.',
  ],
  SHIP_STORE_KEY: [
    (d: { key: string }) => `${JSON.stringify(d.key)} is not a key of the store`,
    'Names are letters, digits, `.`, `_` and `-`, and start with a letter or a digit.',
  ],
  SHIP_EXECUTOR_MISSING: [
    (d: { name: string; known: readonly string[] }) => `no plugin executes commands on ${JSON.stringify(d.name)}`,
    (d: { known: readonly string[] }) =>
      d.known.length === 0 ? 'Nothing here executes commands.' : `Known places: ${d.known.join(', ')}.`,
  ],
  SHIP_TARGETS_NONE: [
    'step {step} runs on {place}, which has no targets',
    'Nothing was touched. Look at what the place is made of in the config.',
  ],
  SHIP_CHECK_OUTSIDE: [
    'step {step} asks for checks outside a run',
    'Checks belong into `run` and `restore`: a preview touches and asks nothing.',
  ],
  SHIP_JOURNAL_FORMAT: [
    (d: { key: string; format: unknown; supported: number }) =>
      `${d.key} has format ${JSON.stringify(d.format)}, and this ship reads format ${d.supported}`,
    'Use the version of ship that wrote it, or a newer one.',
  ],
  SHIP_RUN_NOT_FOUND: [(d: { run: string; environment: string }) => `there is no run ${JSON.stringify(d.run)} in ${d.environment}`],
  SHIP_PLAN_CHANGED: [
    (d: { run: string; changes: readonly string[] }) =>
      `the plan is not that of the run ${d.run}: ${d.changes.slice(0, 5).join('; ')}${d.changes.length > 5 ? `; and ${d.changes.length - 5} more` : ''}`,
    'Undo the change to go on with the run, or take the run back: `ship recover --back`.',
  ],
  SHIP_RESUME_BACK: [
    'the run {run} was on its way back ({status}): there is nothing to go on with',
    '`ship recover` finishes the way back; `ship` deploys anew.',
  ],
  // Plugins and what they register.
  SHIP_PLUGIN_CONTRACT: [
    '{plugin} is not a plugin of ship: {problem}',
    'A plugin is `export default definePlugin({ name, ship, apply })`; see docs/plugins.md.',
  ],
  SHIP_PREVIEW_CONTRACT: [
    'plugin {plugin}: the preview of step {step} ({action}) {problem}',
    'The step itself may be all right. Report this to the author of the plugin.',
  ],
  SHIP_PLUGIN_NAME_TAKEN: [
    'plugin {plugin} brings {kind} {name}, which plugin {owner} has brought already',
    'Take one of the two out of `plugins:`.',
  ],
  SHIP_PLUGINS_INVALID: ['{count} plugins cannot be used', 'Nothing was touched.'],
  // The plan, and what is asked of the command.
  SHIP_INPUT_INVALID: [
    (d: { subject: string; path: string; message: string; hint: string | undefined }) =>
      `${d.subject}: ${d.path === '' ? '' : `${d.path}: `}${d.message}`,
    (d: { hint: string | undefined }) => d.hint,
  ],
  SHIP_NAME_UNKNOWN: [
    ({ kind, name, prefix = '' }: Unknown & { name: string; prefix?: string }) => `${prefix}there is no ${kind} ${JSON.stringify(name)}`,
    ({ kind, known, suggestion, offered }: Unknown) => {
      if (suggestion) return `Did you mean \`${suggestion}\`?`;
      if (offered) return `Did you mean \`${offered}\`? It is a plugin that is not on: write \`plugins: [${offered}]\`.`;
      const there = known.length > 0 ? `There is ${known.join(', ')}. Is a plugin` : `No plugin brings a ${kind}. Is one`;
      return `${there} missing in \`plugins:\`?`;
    },
  ],
  SHIP_PLAN_REFUSED: [
    (d: { blocks: readonly string[] }) => `the plan is refused: ${d.blocks.join('; ')}`,
    'A plugin found this in the plan. Nothing was touched.',
  ],
  SHIP_QUESTION_UNANSWERED: [
    'this needs an answer, and nobody can be asked: {question}',
    'Answer beforehand with `--yes`, or run it on a terminal.',
  ],
  SHIP_DECLINED: ['answered with no: {question}', 'Nothing was touched.'],
  SHIP_NOTHING_TO_DO: ['{file} has no steps', 'Add a step: `steps: [{ id: hello, run: echo hello }]`.'],
  // What is decided about a failure, and what was decided before.
  // The way back, and what it goes back to.
  SHIP_ROLLBACK_OF_ROLLBACK: [
    'the last run, {run}, went back to a snapshot itself',
    '`ship --list-snapshots` shows where else to go; `ship rollback --to ID` goes there.',
  ],
  SHIP_COMPONENT_UNKNOWN: [
    (d: { name: string }) => `the config has no component ${JSON.stringify(d.name.slice(0, 120))}`,
    (d: Choice) =>
      d.known.length === 0
        ? 'It has no components at all. `ship rollback` takes the last run back.'
        : `${d.suggestion === undefined ? '' : `Did you mean \`${d.suggestion}\`? `}Its components are ${d.known.join(', ')}.`,
  ],
  SHIP_PART_CYCLE: [
    (d: { plugin: string; cycle: readonly string[] }) =>
      `plugin ${d.plugin} closes a circle of parts of a snapshot, each of which goes back after the next: ${d.cycle.join(' -> ')}`,
    'Switch one of their plugins off with `{ NAME: false }` in `plugins:`, or report this to its author.',
  ],
  SHIP_SNAPSHOTS_OFF: ['no plugin keeps snapshots', 'Take `{ snapshots: false }` out of `plugins:`.'],
});

/** The run failed. */
const exit3 = codes(3, {
  SHIP_OBJECT_TOO_LARGE: [
    (d: { store: string; limit: number }) =>
      `the store ${d.store} takes objects only whole, and this one is larger than ${d.limit / 1024 ** 2} MiB`,
    'Use a store that takes streams, as the default one does, or keep less.',
  ],
  // Store, lease and journal.
  SHIP_STORE_WRITE_FAILED: [
    'cannot write {path}: {reason}',
    'No further step was started. Free space or mend the disk; what was written before is intact.',
  ],
  SHIP_STORE_READ_FAILED: [
    'cannot read {path}: {reason}',
    'The state belongs to the user who deployed first. Run as that user, or mend its owner and mode.',
  ],
  SHIP_STORE_CONFLICT: [
    '{key} was changed by somebody else (expected version: {expected})',
    'Run the command again: it reads the new value first.',
  ],
  SHIP_STORE_CLOSED: ['{path} is closed and takes no more records'],
  SHIP_JOURNAL_DAMAGED: [
    '{key} is damaged at line {line}: its hash does not hold',
    'Nothing was done by what it says. Restore the file from a backup.',
  ],
  SHIP_TARGET_FAILED: ['on {target}: {message}'],
  SHIP_EXAMINATION_TIMEOUT: [
    (d: { name: string; timeoutMs: number }) => `${d.name} gave no answer within ${d.timeoutMs / 1000} s`,
    'Whatever it asks may be down. Nothing was touched.',
  ],
  SHIP_SECRET_MISSING: [
    'what was captured refers to secrets that are not set: {names}',
    'Captures hold the names of secrets, not their values. Set these variables and run the command again.',
  ],
  // Plugins and what they register.
  SHIP_HOOK_FAILED: [
    '{source} failed: {message}',
    'The part before the slash is the plugin. Switch it off in `plugins:`, or report it to its author.',
  ],
  SHIP_HOOK_TIMEOUT: ['{source} did not settle within {deadlineMs}', 'The plugin awaits something that never comes.'],
  SHIP_HOOK_CONTRACT: ['{source} answered {answer}; expected {expected}', 'Report this to the author of the plugin.'],
  // Steps, verification and rollback.
  SHIP_STEP_TIMEOUT: ['step {step} took longer than {timeoutMs}', 'Raise `timeout:` of the step if it needs longer.'],
  SHIP_STEP_STUCK: [
    'step {step} was asked to stop and did not settle within {graceMs}',
    'What it did is unknown. The plugin ignores its abort signal.',
  ],
  SHIP_STEP_VETOED: ['step {step} was vetoed: {reason}'],
  SHIP_STEP_ANSWER: [
    'step {step}: {what} answered something that cannot be written down: {problem}',
    'Actions answer plain JSON. Report this to the author of the plugin.',
  ],
  SHIP_SUITE_FAILED: [(d: { suite: string; failed: readonly string[] }) => `${d.suite} failed: ${d.failed.join('; ')}`],
  SHIP_CHECK_TIMEOUT: ['check {check} took longer than {timeoutMs}', 'Raise `timeout:` of the check if it needs longer.'],
  SHIP_RESOURCE_INVALID: [
    '{step} made a resource that cannot be written down: {problem}',
    'Look for it by hand: a rollback does not know of it. Report this to the author of the plugin.',
  ],
  SHIP_UNEXPECTED: ['{message}', 'This is a mistake in ship or in a plugin. `--verbose` shows where.'],
  // The way back, and what it goes back to.
  SHIP_PART_TIMEOUT: [
    'capturing {part} took longer than {timeoutMs}',
    'The snapshot was kept without it, and is marked as not safe to go back to.',
  ],
});

/** A rollback is not complete. */
const exit4 = codes(4, {
  // Store, lease and journal.
  SHIP_TARGETS_LEFT: [
    (d: { step: string; failed: readonly string[]; of: number }) =>
      `${d.failed.length} of ${d.of} targets of step ${d.step} are not back: ${d.failed.join('; ')}`,
    'The others are back. `ship recover` tries these again.',
  ],
  SHIP_RECOVER_FAILED: [
    'the run {run}, which was cut off, could not be taken back: {reason}',
    '`ship recover --back` tries again and names all that is left.',
  ],
  SHIP_RECOVER_NO_ACTION: [
    'step {step} used {uses}, which no plugin brings now',
    'Switch the plugin on that brought it, and run `ship recover` again.',
  ],
  SHIP_RECOVER_UNDO: [
    'step {step} was cut off half way, and could not be undone before it is run again: {reason}',
    'Mend the cause and run `ship recover --forward` again, or take the run back: `ship recover --back`.',
  ],
  // Steps, verification and rollback.
  SHIP_UNDO_TIMEOUT: ['the rollback of {what} was given up: it took longer than {timeoutMs}', 'Raise `--rollback-timeout`.'],
  SHIP_UNDO_NO_TIME: ['{what} was not undone: the {timeoutMs} of the rollback were over', 'Raise `--rollback-timeout`.'],
  SHIP_UNDO_UNPROVEN: [
    'the undo of {step} ended well, and its probe says that the step still stands',
    'Look at what the step made, then at its undo.',
  ],
  SHIP_RESOURCE_NO_REMOVER: [
    '{what} stands: no plugin brings resource {type} now',
    'Switch the plugin on that made it and run `ship recover --back`, or remove it by hand.',
  ],
  SHIP_RESOURCE_UNKNOWN: [
    'nobody can tell whether {what} came to be: resource {type} has no exists()',
    'Look for it, and remove it by hand if it is there.',
  ],
  SHIP_RESOURCE_BLOCKED: [
    '{what} stands, as long as it was tried: {reason}',
    'Run `ship recover --back` once nothing needs it any more, or raise `--rollback-timeout`.',
  ],
  SHIP_RESOURCES_KEPT: [
    '{what} was not removed, because the undo of {step} failed',
    'Finish the undo first; `ship recover --back` tries both again.',
  ],
  SHIP_RESOURCES_LEFT: ['{step} is undone but for {left}', '`ship recover --back` tries again.'],
  // The way back, and what it goes back to.
  SHIP_ROLLBACK_UNVERIFIED: [
    '{environment} is as {run} had left it, which nobody has verified: {snapshot} could not be gone back to',
    'Deploy a version that works, or see above why the snapshot could not be gone back to and try `ship recover --back`.',
  ],
  SHIP_ROLLBACK_PROOF: ['{component} should be back at {expected}, and {live} is live', 'Look at the component before you deploy again.'],
});

/** The lease of the environment is held, or was lost. */
const exit5 = codes(5, {
  // Store, lease and journal.
  SHIP_LEASE_HELD: [
    ({ environment, owner, waitedMs }: { environment: string; owner: LeaseOwner; waitedMs?: number }) =>
      `${environment} is being deployed by ${owner.user}@${owner.host} (pid ${owner.pid}) since ${owner.since}: ${owner.command} (run ${owner.run})${waitedMs === undefined ? '' : `; waited ${seconds(waitedMs)} for it`}`,
    ({ environment }: { environment: string }) =>
      `Wait for it with \`--lock-wait 10m\`. \`ship lock status --env ${environment}\` says whether it lives; if nobody can tell, \`ship lock release --env ${environment}\` frees it.`,
  ],
  SHIP_LEASE_DAMAGED: [
    'the lease of {environment} cannot be read: {path} is empty or damaged, so nobody can tell who holds it',
    (d: { environment: string }) =>
      `Make sure that nobody deploys to ${d.environment}. Then \`ship lock release --yes --env ${d.environment}\` moves it aside.`,
  ],
  SHIP_LEASE_LOST: [
    'the lease of {environment} was taken over by another run, or freed by hand',
    'This run stopped before its next write. `ship status` shows what came after it.',
  ],
  SHIP_LEASE_ALIVE: [
    ({ environment, owner }: { environment: string; owner: LeaseOwner }) =>
      `the lease of ${environment} is not freed: its holder is alive, ${owner.user}@${owner.host} (pid ${owner.pid}) since ${owner.since}: ${owner.command} (run ${owner.run})`,
    ({ owner }: { owner: LeaseOwner }) =>
      `Interrupt it with \`kill -INT ${owner.pid}\`, or wait for it with \`--lock-wait 10m\`. Once its process is gone the next run takes over by itself.`,
  ],
});

/** Going on, or back, was refused. */
const exit6 = codes(6, {
  // Store, lease and journal.
  SHIP_RECOVER_FIRST: [
    'the run {run} in {environment} was cut off, and what it did is half done',
    '`ship recover --back` takes it back, `ship recover --forward` finishes it. With --auto-rollback it is taken back before a new run.',
  ],
  SHIP_OBJECT_DAMAGED: [
    'what was captured cannot be read: {key} {problem}',
    '`ship snapshots verify` says which snapshots are whole. Objects lie below `.speckit/objects`, or in the store of the config.',
  ],
  // The way back, and what it goes back to.
  SHIP_ROLLBACK_REFUSED: [
    (d: { blocks: readonly string[] }) => `the rollback would do harm: ${d.blocks.join('; ')}`,
    'Nothing was changed. `--force-rollback` passes warnings, never blocks.',
  ],
  SHIP_ROLLBACK_EMPTY: [
    '{id} holds no component that the config has, and no part that a plugin could put back',
    'A snapshot restores components. What steps did is taken back by their undo, when their run fails.',
  ],
  SHIP_ROLLBACK_OFF: ['rollback is switched off by {by}'],
  SHIP_COMPONENT_NO_TARGET: [
    (d: { name: string; live: string | undefined }) =>
      `there is nothing to take ${d.name} back to: no verified snapshot ${d.live === undefined ? 'has it at all' : `from before ${d.live}, which is live, has another`}`,
    '`ship --list-snapshots` shows what there is. With `--rollback-to ID` you choose one yourself.',
  ],
  SHIP_COMPONENT_NOT_HELD: [
    (d: { name: string; id: string; held: readonly string[] }) =>
      `${d.id} does not hold ${d.name}${d.held.length === 0 ? '' : `, only ${d.held.join(', ')}`}`,
    'Choose another snapshot: `ship --list-snapshots`.',
  ],
});

/** The catalogue of the kernel: one function a code. */
export const errors = defineErrors({ ...exit2, ...exit3, ...exit4, ...exit5, ...exit6 });
