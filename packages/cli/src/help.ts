import type { Paint } from './terminal.js';

type Row = readonly [string, string];

/** A verb of the command: what it is for, its arguments, the flags that it alone has, and how it is mostly written. */
interface VerbHelp {
  readonly usage: string;
  readonly summary: string;
  readonly flags?: readonly Row[];
  /** Titles of the flags that it shares. Default: those of every command that reads a config. */
  readonly shares?: readonly string[];
  readonly example?: string;
}

const FAILING = 'When a run fails';
const BACK = 'Going back later';
const RUNS = 'Every run';
const COMMANDS = 'Every command';
const OUTPUT = 'Output';

/** Flags of what puts an environment back. */
const RESTORES = [RUNS, COMMANDS, OUTPUT];

/** The verbs of the command itself. */
export const VERBS: Readonly<Record<string, VerbHelp>> = {
  deploy: {
    usage: 'deploy',
    summary: 'deploy what ship.yaml says: the same as `ship` alone',
    shares: [FAILING, RUNS, COMMANDS, OUTPUT],
    example: 'ship deploy --env production --auto-rollback',
  },
  rollback: {
    usage: 'rollback [--instant]',
    summary: 'take the last run back, --instant: traffic first; also --to ID, --component NAME',
    flags: [
      ['--instant', 'switch traffic back first'],
      ['--to ID', 'to a snapshot; the start of an id is enough'],
      ['--component NAME', 'one component alone'],
      ['--force-rollback', 'pass warnings of the checks before a rollback; blocks stay'],
      ['--rollback-timeout TIME', 'give it at most this long, such as 5m'],
    ],
    shares: RESTORES,
    example: 'ship rollback --env production',
  },
  decide: {
    usage: 'decide --context FILE',
    summary: 'what would be done about a failure, and why; --replay RUN: about a past one',
    flags: [
      ['--context FILE', 'a failure, as JSON'],
      ['--replay RUN', 'the failure of a past run'],
    ],
    example: 'ship decide --context failure.json --json',
  },
  resume: {
    usage: 'resume',
    summary: 'go on after the last finished step of a run that failed or was cut off',
    shares: [FAILING, ...RESTORES],
  },
  recover: {
    usage: 'recover [--forward|--back]',
    summary: 'finish whatever an interrupted run left',
    flags: [
      ['--forward', 'finish the run'],
      ['--back', 'take it back'],
      ['--force-rollback', 'pass warnings of the checks before a rollback; blocks stay'],
    ],
    shares: RESTORES,
    example: 'ship recover --back',
  },
  state: { usage: 'state [push]', summary: 'bring home what the store would not take', example: 'ship state push' },
  status: { usage: 'status', summary: 'what is deployed, how the last run ended, who deploys now', example: 'ship status --json' },
  history: { usage: 'history [N]', summary: 'the last runs, newest first', example: 'ship history 20' },
  lock: { usage: 'lock status|release', summary: 'who may change the environment; free what a dead run left', example: 'ship lock status' },
  doctor: {
    usage: 'doctor [--fix]',
    summary: 'what keeps the environment from being deployed, and what to do; touches nothing',
    flags: [['--fix', 'first put right what processes that are gone have left, where that is proven']],
    example: 'ship doctor --fix',
  },
  validate: { usage: 'validate', summary: 'check the config; touches nothing', example: 'ship validate --env production' },
  init: { usage: 'init', summary: 'write a ship.yaml for what is in this folder', shares: [OUTPUT] },
  explain: {
    usage: 'explain CODE',
    summary: 'what an error code means, and what to do',
    shares: [OUTPUT],
    example: 'ship explain SHIP_LEASE_HELD',
  },
  trust: {
    usage: 'trust [FOLDER]',
    summary: 'read a config that somebody else owns; --remove, --list',
    flags: [
      ['--remove', 'trust it no more'],
      ['--list', 'show what is trusted'],
    ],
    shares: [OUTPUT],
    example: 'ship trust /srv/shared/app',
  },
  plugins: { usage: 'plugins', summary: 'show the plugins that are on, and what they bring' },
  completion: {
    usage: 'completion bash|zsh|fish',
    summary: 'print what completes verbs, flags and names in a shell',
    shares: [],
    example: 'source <(ship completion bash)',
  },
  help: { usage: 'help [VERB]', summary: 'show this, or one verb with its flags', shares: [] },
};

/** What the plugins that come with the command bring; those of others are seen in `ship plugins`. */
const PLUGIN_VERBS: Readonly<Record<string, VerbHelp>> = {
  snapshots: {
    usage: 'snapshots list [N|all] | show ID | diff ID [ID] | verify [ID…] | pin ID [NOTE] | unpin ID | prune [show]',
    summary: 'what can be gone back to; compare, check and keep it',
    example: 'ship snapshots diff ID',
  },
  hold: {
    usage: 'hold list | release COMPONENT[@VERSION]|all --reason TEXT',
    summary: 'versions that were taken back, and are not deployed again',
  },
  migrations: {
    usage:
      'migrations check [--from ID] [--to ID] [--dir DIR] [--tool NAME] [--dialect NAME] [--url URL] [--sarif FILE] [--print] | check --up FILE --down FILE [--schema FILE] | rehearse [--from ID] [--to ID] [--url URL] [--print] | dumps [get ID --to FILE]',
    summary: 'may the old code come back to this schema?',
    example: 'ship migrations check --from 20240101120000',
  },
  release: {
    usage: 'release status|start|stop|remove|logs [component]',
    summary: 'releases on this machine, where the plugin `release` is on',
    example: 'ship release logs web',
  },
};

/** All that `ship --help` shows. */
export const ALL_VERBS: Readonly<Record<string, VerbHelp>> = { ...VERBS, ...PLUGIN_VERBS };

const FLAGS: readonly (readonly [string, readonly Row[]])[] = [
  [
    FAILING,
    [
      ['--auto-rollback', 'take it back without asking (also --rollback-on-failure)'],
      ['--no-auto-rollback', 'ask first, whatever the config says'],
      ['--no-rollback', 'leave everything as it is'],
      ['--rollback-timeout TIME', 'give the rollback at most this long, such as 5m'],
    ],
  ],
  [
    BACK,
    [
      ['--list-snapshots', 'show what can be gone back to'],
      ['--rollback-to ID', 'make the environment as a snapshot has it; the start of an id is enough'],
      ['--rollback-component NAME', 'take one component back; with --rollback-to, to that snapshot'],
      ['--force-rollback', 'pass warnings of the checks before a rollback; blocks stay'],
    ],
  ],
  [
    RUNS,
    [
      ['-n, --dry-run', 'show each step, what it touches and how it would be undone'],
      ['--reason TEXT', 'why: kept in the journal, the report, the history and in holds'],
      ['--lane LANE', 'how much care: docs, standard or heavy'],
      ['--without-journal', 'run although the store cannot be used: nothing can be recovered afterwards'],
      ['--lock-wait TIME', 'wait at most this long for who deploys there now, such as 2m'],
      ['-y, --yes', 'answer questions beforehand with yes'],
    ],
  ],
  [
    COMMANDS,
    [
      ['-e, --env NAME', 'the environment'],
      ['-c, --config FILE', 'the config; otherwise found from here upwards'],
    ],
  ],
  [
    OUTPUT,
    [
      ['--json', 'one JSON document on stdout; people read stderr'],
      ['-v, --verbose', 'the output of every tool, and stack traces'],
      ['-V, --version', 'the version'],
      ['-h, --help', 'this, or after a verb: that verb alone'],
    ],
  ],
];

const EXITS: readonly Row[] = [
  ['0', 'done'],
  ['1', 'failed and rolled back; steps without an undo are named'],
  ['2', 'usage or config: nothing was touched'],
  ['3', 'failed, and left as it is'],
  ['4', 'the rollback is incomplete: the output names what is left'],
  ['5', 'somebody else is deploying there'],
  ['6', 'refused: the rollback would do harm'],
  ['130', 'interrupted'],
];

/** What belongs to a run alone: a rollback has no dry run, and needs the store. */
const RUN_ALONE = /--(?:dry-run|without-journal|lane|version)/;

/** The flags that one verb takes, as they are shown. */
export function flagsOf(verb: string): readonly Row[] {
  const { flags = [], shares = [COMMANDS, OUTPUT] } = ALL_VERBS[verb] ?? {};
  const shared = FLAGS.filter(([title]) => shares.includes(title)).flatMap(([, rows]) => rows);
  return [...flags, ...(verb === 'deploy' ? shared : shared.filter(([flag]) => !RUN_ALONE.test(flag)))];
}

const layout = (paint: Paint) => {
  const row = ([left, right]: Row) => `  ${paint.cyan(left.padEnd(32))}  ${right}`;
  return (title: string, rows: readonly Row[]) => (rows.length === 0 ? [] : [paint.bold(title), ...rows.map(row), '']);
};

/** `ship VERB --help`: that verb alone. */
export function verbText(verb: string, paint: Paint): string | undefined {
  const known = Object.hasOwn(ALL_VERBS, verb) ? ALL_VERBS[verb] : undefined;
  if (known === undefined) return undefined;
  const { usage, summary, example = `ship ${verb}` } = known;
  const section = layout(paint);
  return [
    `${paint.bold(`ship ${usage}`)}`,
    `  ${summary}`,
    '',
    ...section('Flags', flagsOf(verb)),
    paint.bold('Example'),
    `  ${paint.cyan(example)}`,
    '',
  ].join('\n');
}

/** `ship --help`. */
export function helpText(paint: Paint): string {
  const section = layout(paint);
  const verbs = Object.values(ALL_VERBS).map(({ usage, summary }): Row => [`ship ${usage}`, summary]);
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
    paint.dim('One verb: `ship help VERB`. A first config: `ship init`. What an error means: `ship explain CODE`.'),
    '',
  ].join('\n');
}
