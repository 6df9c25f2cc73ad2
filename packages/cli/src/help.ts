import type { Paint } from './terminal.js';

/** A verb of the command: what it is for, and its arguments. */
interface VerbHelp {
  readonly usage: string;
  readonly summary: string;
}

/** The verbs of the command itself. */
export const VERBS: Readonly<Record<string, VerbHelp>> = {
  rollback: { usage: 'rollback [--instant]', summary: 'take the last run back, --instant: traffic first; also --to ID, --component NAME' },
  decide: { usage: 'decide --context FILE', summary: 'what would be done about a failure, and why; --replay RUN: about a past one' },
  resume: { usage: 'resume', summary: 'go on after the last finished step of a run that failed or was cut off' },
  recover: { usage: 'recover [--forward|--back]', summary: 'finish whatever an interrupted run left' },
  state: { usage: 'state [push]', summary: 'bring home what the store would not take' },
  status: { usage: 'status', summary: 'what is deployed, how the last run ended, who deploys now' },
  history: { usage: 'history [N]', summary: 'the last runs, newest first' },
  lock: { usage: 'lock status|release', summary: 'who may change the environment; free what a dead run left' },
  doctor: { usage: 'doctor', summary: 'what keeps the environment from being deployed, and what to do; touches nothing' },
  validate: { usage: 'validate', summary: 'check the config; touches nothing' },
  init: { usage: 'init', summary: 'write a ship.yaml for what is in this folder' },
  explain: { usage: 'explain CODE', summary: 'what an error code means, and what to do' },
  trust: { usage: 'trust [FOLDER]', summary: 'read a config that somebody else owns; --remove, --list' },
  plugins: { usage: 'plugins', summary: 'show the plugins that are on, and what they bring' },
  help: { usage: 'help', summary: 'show this' },
};

/** What the plugins that come with the command bring; those of others are seen in `ship plugins`. */
const PLUGIN_VERBS: Readonly<Record<string, VerbHelp>> = {
  snapshots: {
    usage: 'snapshots list [N|all] | show ID | diff ID [ID] | verify [ID…] | pin ID [NOTE] | unpin ID | prune [show]',
    summary: 'what can be gone back to; compare, check and keep it',
  },
  hold: {
    usage: 'hold list | release COMPONENT[@VERSION]|all --reason TEXT',
    summary: 'versions that were taken back, and are not deployed again',
  },
  release: {
    usage: 'release status|start|stop|remove|logs [component]',
    summary: 'releases on this machine, where the plugin `release` is on',
  },
};

const FLAGS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'When a run fails',
    [
      ['--auto-rollback', 'take it back without asking (also --rollback-on-failure)'],
      ['--no-auto-rollback', 'ask first, whatever the config says'],
      ['--no-rollback', 'leave everything as it is'],
      ['--rollback-timeout TIME', 'give the rollback at most this long, such as 5m'],
    ],
  ],
  [
    'Going back later',
    [
      ['--list-snapshots', 'show what can be gone back to'],
      ['--rollback-to ID', 'make the environment as a snapshot has it; the start of an id is enough'],
      ['--rollback-component NAME', 'take one component back; with --rollback-to, to that snapshot'],
      ['--force-rollback', 'pass warnings of the checks before a rollback; blocks stay'],
    ],
  ],
  [
    'Every run',
    [
      ['-e, --env NAME', 'the environment'],
      ['-c, --config FILE', 'the config; otherwise found from here upwards'],
      ['-n, --dry-run', 'show each step, what it touches and how it would be undone'],
      ['--reason TEXT', 'why: kept in the journal, the report, the history and in holds'],
      ['--lane LANE', 'how much care: docs, standard or heavy'],
      ['--without-journal', 'run although the store cannot be used: nothing can be recovered afterwards'],
      ['--lock-wait TIME', 'wait at most this long for who deploys there now, such as 2m'],
      ['-y, --yes', 'answer questions beforehand with yes'],
      ['--json', 'one JSON document on stdout; people read stderr'],
      ['-v, --verbose', 'the output of every tool, and stack traces'],
      ['-V, --version', 'the version'],
      ['-h, --help', 'this'],
    ],
  ],
];

const EXITS: readonly (readonly [string, string])[] = [
  ['0', 'done'],
  ['1', 'failed and rolled back; steps without an undo are named'],
  ['2', 'usage or config: nothing was touched'],
  ['3', 'failed, and left as it is'],
  ['4', 'the rollback is incomplete: the output names what is left'],
  ['5', 'somebody else is deploying there'],
  ['6', 'refused: the rollback would do harm'],
  ['130', 'interrupted'],
];

/** `ship --help`. */
export function helpText(paint: Paint): string {
  const row = ([left, right]: readonly [string, string]) => `  ${paint.cyan(left.padEnd(32))}  ${right}`;
  const section = (title: string, rows: readonly (readonly [string, string])[]) => [paint.bold(title), ...rows.map(row), ''];
  const verbs = Object.values({ ...VERBS, ...PLUGIN_VERBS }).map(({ usage, summary }) => [`ship ${usage}`, summary] as const);
  return [
    `${paint.bold('ship')} deploys, and knows the way back.`,
    '',
    ...section('Use', [
      ['ship', 'deploy what ship.yaml says'],
      ['ship --auto-rollback', 'deploy, and take it back if a step or a check fails'],
      ...verbs,
    ]),
    ...FLAGS.flatMap(([title, rows]) => section(title, rows)),
    ...section('Exit status', EXITS),
    paint.dim('A first config: `ship init`. What an error means: `ship explain CODE`.'),
    '',
  ].join('\n');
}
