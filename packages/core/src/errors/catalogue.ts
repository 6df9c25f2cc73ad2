import type { LeaseOwner } from '../types/index.js';
import { configErrors } from './config-errors.js';
import { rollbackErrors } from './rollback-errors.js';
import { defineErrors, seconds } from './ship-error.js';

/** Store, lease and journal. */
const storeErrors = {
  SHIP_STORE_UNUSABLE: {
    exit: 2,
    message: (d: { name: string; plugin: string; reason: string }) => `store ${d.name} of plugin ${d.plugin} cannot be used: ${d.reason}`,
    hint: 'Nothing was touched. Look at the options of the plugin, or take `store:` out of the config for files in .speckit.',
  },
  SHIP_STORE_WRITE_FAILED: {
    exit: 3,
    message: (d: { path: string; reason: string }) => `cannot write ${d.path}: ${d.reason}`,
    hint: 'No further step was started. Free space or mend the disk; what was written before is intact.',
  },
  SHIP_STORE_READ_FAILED: {
    exit: 3,
    message: (d: { path: string; reason: string }) => `cannot read ${d.path}: ${d.reason}`,
    hint: 'The state belongs to the user who deployed first. Run as that user, or mend its owner and mode.',
  },
  SHIP_STORE_CONFLICT: {
    exit: 3,
    message: (d: { key: string; expected: string }) => `${d.key} was changed by somebody else (expected version: ${d.expected})`,
    hint: 'Run the command again: it reads the new value first.',
  },
  SHIP_STORE_CLOSED: { exit: 3, message: (d: { path: string }) => `${d.path} is closed and takes no more records` },
  SHIP_STORE_KEY: {
    exit: 2,
    message: (d: { key: string }) => `${JSON.stringify(d.key)} is not a key of the store`,
    hint: 'Names are letters, digits, `.`, `_` and `-`, and start with a letter or a digit.',
  },
  SHIP_LEASE_HELD: {
    exit: 5,
    message: ({ environment, owner, waitedMs }: { environment: string; owner: LeaseOwner; waitedMs?: number }) =>
      `${environment} is being deployed by ${owner.user}@${owner.host} (pid ${owner.pid}) since ${owner.since}: ${owner.command} (run ${owner.run})${waitedMs === undefined ? '' : `; waited ${seconds(waitedMs)} for it`}`,
    hint: ({ environment }: { environment: string }) =>
      `Wait for it with \`--lock-wait 10m\`. \`ship lock status --env ${environment}\` says whether it lives; if nobody can tell, \`ship lock release --env ${environment}\` frees it.`,
  },
  SHIP_LEASE_LOST: {
    exit: 5,
    message: (d: { environment: string }) => `the lease of ${d.environment} was taken over by another run, or freed by hand`,
    hint: 'This run stopped before its next write. `ship status` shows what came after it.',
  },
  SHIP_LEASE_ALIVE: {
    exit: 5,
    message: ({ environment, owner }: { environment: string; owner: LeaseOwner }) =>
      `the lease of ${environment} is not freed: its holder is alive, ${owner.user}@${owner.host} (pid ${owner.pid}) since ${owner.since}: ${owner.command} (run ${owner.run})`,
    hint: ({ owner }: { owner: LeaseOwner }) =>
      `Interrupt it with \`kill -INT ${owner.pid}\`, or wait for it with \`--lock-wait 10m\`. Once its process is gone the next run takes over by itself.`,
  },
  SHIP_JOURNAL_DAMAGED: {
    exit: 3,
    message: (d: { key: string; line: number }) => `${d.key} is damaged at line ${d.line}: its hash does not hold`,
    hint: 'Nothing was done by what it says. Restore the file from a backup.',
  },
  SHIP_EXECUTOR_MISSING: {
    exit: 2,
    message: (d: { name: string; known: readonly string[] }) => `no plugin executes commands on ${JSON.stringify(d.name)}`,
    hint: (d: { known: readonly string[] }) =>
      d.known.length === 0 ? 'Nothing here executes commands.' : `Known places: ${d.known.join(', ')}.`,
  },
  SHIP_TARGETS_NONE: {
    exit: 2,
    message: (d: { step: string; place: string }) => `step ${d.step} runs on ${d.place}, which has no targets`,
    hint: 'Nothing was touched. Look at what the place is made of in the config.',
  },
  SHIP_TARGET_FAILED: { exit: 3, message: (d: { target: string; message: string }) => `on ${d.target}: ${d.message}` },
  SHIP_TARGETS_LEFT: {
    exit: 4,
    message: (d: { step: string; failed: readonly string[]; of: number }) =>
      `${d.failed.length} of ${d.of} targets of step ${d.step} are not back: ${d.failed.join('; ')}`,
    hint: 'The others are back. `ship recover` tries these again.',
  },
  SHIP_CHECK_OUTSIDE: {
    exit: 2,
    message: (d: { step: string }) => `step ${d.step} asks for checks outside a run`,
    hint: 'Checks belong into `run` and `restore`: a preview touches and asks nothing.',
  },
  SHIP_JOURNAL_FORMAT: {
    exit: 2,
    message: (d: { key: string; format: unknown; supported: number }) =>
      `${d.key} has format ${JSON.stringify(d.format)}, and this ship reads format ${d.supported}`,
    hint: 'Use the version of ship that wrote it, or a newer one.',
  },
  SHIP_RUN_NOT_FOUND: {
    exit: 2,
    message: (d: { run: string; environment: string }) => `there is no run ${JSON.stringify(d.run)} in ${d.environment}`,
  },
  SHIP_PLAN_CHANGED: {
    exit: 2,
    message: (d: { run: string; changes: readonly string[] }) =>
      `the plan is not that of the run ${d.run}: ${d.changes.slice(0, 5).join('; ')}${d.changes.length > 5 ? `; and ${d.changes.length - 5} more` : ''}`,
    hint: 'Undo the change to go on with the run, or take the run back: `ship recover --back`.',
  },
  SHIP_RESUME_BACK: {
    exit: 2,
    message: (d: { run: string; status: string }) => `the run ${d.run} was on its way back (${d.status}): there is nothing to go on with`,
    hint: '`ship recover` finishes the way back; `ship` deploys anew.',
  },
  SHIP_RECOVER_FIRST: {
    exit: 6,
    message: (d: { run: string; environment: string }) => `the run ${d.run} in ${d.environment} was cut off, and what it did is half done`,
    hint: '`ship recover --back` takes it back, `ship recover --forward` finishes it. With --auto-rollback it is taken back before a new run.',
  },
  SHIP_RECOVER_FAILED: {
    exit: 4,
    message: (d: { run: string; reason: string }) => `the run ${d.run}, which was cut off, could not be taken back: ${d.reason}`,
    hint: '`ship recover --back` tries again and names all that is left.',
  },
  SHIP_RECOVER_NO_ACTION: {
    exit: 4,
    message: (d: { step: string; uses: string }) => `step ${d.step} used ${d.uses}, which no plugin brings now`,
    hint: 'Switch the plugin on that brought it, and run `ship recover` again.',
  },
  SHIP_RECOVER_UNDO: {
    exit: 4,
    message: (d: { step: string; reason: string }) =>
      `step ${d.step} was cut off half way, and could not be undone before it is run again: ${d.reason}`,
    hint: 'Mend the cause and run `ship recover --forward` again, or take the run back: `ship recover --back`.',
  },
  SHIP_EXAMINATION_TIMEOUT: {
    exit: 3,
    message: (d: { name: string; timeoutMs: number }) => `${d.name} gave no answer within ${d.timeoutMs / 1000} s`,
    hint: 'Whatever it asks may be down. Nothing was touched.',
  },
  SHIP_OBJECT_DAMAGED: {
    exit: 6,
    message: (d: { key: string; problem: string }) => `what was captured cannot be read: ${d.key} ${d.problem}`,
    hint: '`ship snapshots verify` says which snapshots are whole. Objects lie below `.speckit/objects`, or in the store of the config.',
  },
  SHIP_OBJECT_TOO_LARGE: {
    exit: 3,
    message: (d: { store: string; limit: number }) =>
      `the store ${d.store} takes objects only whole, and this one is larger than ${d.limit / 1024 ** 2} MiB`,
    hint: 'Use a store that takes streams, as the default one does, or keep less.',
  },
  SHIP_SECRET_MISSING: {
    exit: 3,
    message: (d: { names: readonly string[] }) => `what was captured refers to secrets that are not set: ${d.names.join(', ')}`,
    hint: 'Captures hold the names of secrets, not their values. Set these variables and run the command again.',
  },
};

/** Plugins and what they register. */
const pluginErrors = {
  SHIP_PLUGIN_NOT_FOUND: {
    exit: 2,
    message: (d: { reference: string; tried: readonly string[]; suggestion?: string | undefined }) =>
      `plugin ${JSON.stringify(d.reference)} was not found (tried ${d.tried.join(', ')})`,
    hint: (d: { suggestion?: string | undefined }) =>
      d.suggestion ? `Did you mean \`${d.suggestion}\`?` : 'Install the package beside the config, or give a path that starts with `./`.',
  },
  SHIP_PLUGIN_FAILED: {
    exit: 2,
    message: (d: { plugin: string; message: string }) => `plugin ${d.plugin} cannot be loaded: ${d.message}`,
    hint: 'Switch it off with `{ NAME: false }` in `plugins:`, or report this to its author.',
  },
  SHIP_PLUGIN_CONTRACT: {
    exit: 2,
    message: (d: { plugin: string; problem: string }) => `${d.plugin} is not a plugin of ship: ${d.problem}`,
    hint: 'A plugin is `export default definePlugin({ name, ship, apply })`; see docs/plugins.md.',
  },
  SHIP_PLUGIN_API: {
    exit: 2,
    message: (d: { plugin: string; range: string; api: number }) =>
      `plugin ${d.plugin} is for ship ${JSON.stringify(d.range)}, and this is API ${d.api}`,
    hint: 'Install a version of the plugin that is for this API.',
  },
  SHIP_PLUGIN_TYPESCRIPT: {
    exit: 2,
    message: (d: { plugin: string; node: string }) => `${d.plugin} is TypeScript, which Node ${d.node} cannot load`,
    hint: 'Use Node 22.18 or newer, or compile the plugin to .mjs.',
  },
  SHIP_PLUGIN_OPTIONS: {
    exit: 2,
    message: (d: { plugin: string; mistakes: readonly string[]; hint: string | undefined }) =>
      `options of plugin ${d.plugin}: ${d.mistakes.join('; ')}`,
    hint: (d: { hint: string | undefined }) => d.hint,
  },
  SHIP_PLUGIN_SCHEMA: {
    exit: 2,
    message: (d: { plugin: string; what: string; problem: string }) =>
      `plugin ${d.plugin}: the schema of ${d.what} cannot be used: ${d.problem}`,
    hint: 'It is not a JSON Schema of draft 07. Report this to the author of the plugin.',
  },
  SHIP_PLUGIN_TIMEOUT: {
    exit: 2,
    message: (d: { plugin: string; what: 'loaded' | 'set up'; deadlineMs: number }) =>
      `plugin ${d.plugin} was not ${d.what} within ${seconds(d.deadlineMs)}`,
    hint: 'It awaits something that never comes. What takes long belongs into its hook `beforeRun`.',
  },
  SHIP_PLUGIN_CONFIG: {
    exit: 2,
    message: (d: { plugin: string; problem: string }) => `plugin ${d.plugin} answered a config that cannot be used: ${d.problem}`,
    hint: 'Its hook `config` answers a whole config, or nothing. Report this to the author of the plugin.',
  },
  SHIP_PLUGIN_REQUIRES: {
    exit: 2,
    message: (d: { plugin: string; required: string }) => `plugin ${d.plugin} requires plugin ${d.required}, which is not on`,
    hint: 'Add it to `plugins:`.',
  },
  SHIP_PLUGIN_CYCLE: { exit: 2, message: (d: { path: readonly string[] }) => `plugins require each other: ${d.path.join(' -> ')}` },
  SHIP_PLUGIN_NAME_TAKEN: {
    exit: 2,
    message: (d: { kind: string; name: string; plugin: string; owner: string }) =>
      `plugin ${d.plugin} brings ${d.kind} ${d.name}, which plugin ${d.owner} has brought already`,
    hint: 'Take one of the two out of `plugins:`.',
  },
  SHIP_PLUGINS_INVALID: { exit: 2, message: (d: { count: number }) => `${d.count} plugins cannot be used`, hint: 'Nothing was touched.' },
  SHIP_HOOK_FAILED: {
    exit: 3,
    message: (d: { source: string; message: string }) => `${d.source} failed: ${d.message}`,
    hint: 'The part before the slash is the plugin. Switch it off in `plugins:`, or report it to its author.',
  },
  SHIP_HOOK_TIMEOUT: {
    exit: 3,
    message: (d: { source: string; deadlineMs: number }) => `${d.source} did not settle within ${seconds(d.deadlineMs)}`,
    hint: 'The plugin awaits something that never comes.',
  },
  SHIP_HOOK_CONTRACT: {
    exit: 3,
    message: (d: { source: string; answer: string; expected: string }) => `${d.source} answered ${d.answer}; expected ${d.expected}`,
    hint: 'Report this to the author of the plugin.',
  },
};

/** The plan, and what is asked of the command. */
const planErrors = {
  SHIP_INPUT_INVALID: {
    exit: 2,
    message: (d: { subject: string; path: string; message: string; hint: string | undefined }) =>
      `${d.subject}: ${d.path === '' ? '' : `${d.path}: `}${d.message}`,
    hint: (d: { hint: string | undefined }) => d.hint,
  },
  SHIP_NAME_UNKNOWN: {
    exit: 2,
    message: (d: {
      kind: string;
      name: string;
      known: readonly string[];
      suggestion?: string | undefined;
      offered?: string | undefined;
      prefix?: string;
    }) => `${d.prefix ?? ''}there is no ${d.kind} ${JSON.stringify(d.name)}`,
    hint: (d: { kind: string; known: readonly string[]; suggestion?: string | undefined; offered?: string | undefined }) => {
      if (d.suggestion) return `Did you mean \`${d.suggestion}\`?`;
      if (d.offered) return `Did you mean \`${d.offered}\`? It is a plugin that is not on: write \`plugins: [${d.offered}]\`.`;
      return d.known.length > 0
        ? `There is ${d.known.join(', ')}. Is a plugin missing in \`plugins:\`?`
        : `No plugin brings a ${d.kind}. Is one missing in \`plugins:\`?`;
    },
  },
  SHIP_PLAN_REFUSED: {
    exit: 2,
    message: (d: { blocks: readonly string[] }) => `the plan is refused: ${d.blocks.join('; ')}`,
    hint: 'A plugin found this in the plan. Nothing was touched.',
  },
  SHIP_QUESTION_UNANSWERED: {
    exit: 2,
    message: (d: { question: string }) => `this needs an answer, and nobody can be asked: ${d.question}`,
    hint: 'Answer beforehand with `--yes`, or run it on a terminal.',
  },
  SHIP_DECLINED: { exit: 2, message: (d: { question: string }) => `answered with no: ${d.question}`, hint: 'Nothing was touched.' },
  SHIP_NOTHING_TO_DO: {
    exit: 2,
    message: (d: { file: string }) => `${d.file} has no steps`,
    hint: 'Add a step: `steps: [{ id: hello, run: echo hello }]`.',
  },
};

/** Steps, verification and rollback. */
const runErrors = {
  SHIP_STEP_TIMEOUT: {
    exit: 3,
    message: (d: { step: string; timeoutMs: number }) => `step ${d.step} took longer than ${seconds(d.timeoutMs)}`,
    hint: 'Raise `timeout:` of the step if it needs longer.',
  },
  SHIP_STEP_STUCK: {
    exit: 3,
    message: (d: { step: string; graceMs: number }) => `step ${d.step} was asked to stop and did not settle within ${seconds(d.graceMs)}`,
    hint: 'What it did is unknown. The plugin ignores its abort signal.',
  },
  SHIP_STEP_VETOED: { exit: 3, message: (d: { step: string; reason: string }) => `step ${d.step} was vetoed: ${d.reason}` },
  SHIP_STEP_ANSWER: {
    exit: 3,
    message: (d: { step: string; what: string; problem: string }) =>
      `step ${d.step}: ${d.what} answered something that cannot be written down: ${d.problem}`,
    hint: 'Actions answer plain JSON. Report this to the author of the plugin.',
  },
  SHIP_SUITE_FAILED: {
    exit: 3,
    message: (d: { suite: string; failed: readonly string[] }) => `${d.suite} failed: ${d.failed.join('; ')}`,
  },
  SHIP_CHECK_TIMEOUT: {
    exit: 3,
    message: (d: { check: string; timeoutMs: number }) => `check ${d.check} took longer than ${seconds(d.timeoutMs)}`,
    hint: 'Raise `timeout:` of the check if it needs longer.',
  },
  SHIP_UNDO_TIMEOUT: {
    exit: 4,
    message: (d: { what: string; timeoutMs: number }) =>
      `the rollback of ${d.what} was given up: it took longer than ${seconds(d.timeoutMs)}`,
    hint: 'Raise `--rollback-timeout`.',
  },
  SHIP_UNDO_NO_TIME: {
    exit: 4,
    message: (d: { what: string; timeoutMs: number }) => `${d.what} was not undone: the ${seconds(d.timeoutMs)} of the rollback were over`,
    hint: 'Raise `--rollback-timeout`.',
  },
  SHIP_UNDO_UNPROVEN: {
    exit: 4,
    message: (d: { step: string }) => `the undo of ${d.step} ended well, and its probe says that the step still stands`,
    hint: 'Look at what the step made, then at its undo.',
  },
  SHIP_RESOURCE_INVALID: {
    exit: 3,
    message: (d: { step: string; problem: string }) => `${d.step} made a resource that cannot be written down: ${d.problem}`,
    hint: 'Look for it by hand: a rollback does not know of it. Report this to the author of the plugin.',
  },
  SHIP_RESOURCE_NO_REMOVER: {
    exit: 4,
    message: (d: { what: string; type: string }) => `${d.what} stands: no plugin brings resource ${d.type} now`,
    hint: 'Switch the plugin on that made it and run `ship recover --back`, or remove it by hand.',
  },
  SHIP_RESOURCE_UNKNOWN: {
    exit: 4,
    message: (d: { what: string; type: string }) => `nobody can tell whether ${d.what} came to be: resource ${d.type} has no exists()`,
    hint: 'Look for it, and remove it by hand if it is there.',
  },
  SHIP_RESOURCE_BLOCKED: {
    exit: 4,
    message: (d: { what: string; reason: string }) => `${d.what} stands, as long as it was tried: ${d.reason}`,
    hint: 'Run `ship recover --back` once nothing needs it any more, or raise `--rollback-timeout`.',
  },
  SHIP_RESOURCES_KEPT: {
    exit: 4,
    message: (d: { what: string; step: string }) => `${d.what} was not removed, because the undo of ${d.step} failed`,
    hint: 'Finish the undo first; `ship recover --back` tries both again.',
  },
  SHIP_RESOURCES_LEFT: {
    exit: 4,
    message: (d: { step: string; left: readonly string[] }) => `${d.step} is undone but for ${d.left.join(', ')}`,
    hint: '`ship recover --back` tries again.',
  },
  SHIP_UNEXPECTED: {
    exit: 3,
    message: (d: { message: string }) => d.message,
    hint: 'This is a mistake in ship or in a plugin. `--verbose` shows where.',
  },
};

/** The catalogue of the kernel: one function a code. */
export const errors = defineErrors({ ...configErrors, ...storeErrors, ...pluginErrors, ...planErrors, ...runErrors, ...rollbackErrors });
