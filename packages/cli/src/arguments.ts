import { LANES, type Lane, suggest } from '@ship/core';
import { Command, CommanderError, Option } from 'commander';
import { errors } from './errors.js';
import { VERBS } from './help.js';

/** What the command line asks for. */
export interface Arguments {
  /** The verb; undefined: deploy. */
  readonly verb: string | undefined;
  readonly rest: readonly string[];
  readonly flags: Flags;
}

/** The flags, as people give them. */
export interface Flags {
  readonly config?: string;
  readonly env?: string;
  readonly lane?: Lane;
  readonly autoRollback: boolean;
  readonly noAutoRollback: boolean;
  readonly noRollback: boolean;
  readonly forceRollback: boolean;
  readonly rollbackTo?: string;
  /** Of `ship rollback --to ID`. */
  readonly to?: string;
  /** Of `ship recover`. */
  readonly back: boolean;
  readonly forward: boolean;
  readonly rollbackTimeout?: string;
  readonly lockWait?: string;
  readonly listSnapshots: boolean;
  readonly withoutJournal: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/** Reads the command line. Mistakes throw SHIP_USAGE, with the nearest flag as the hint. */
export function parseArguments(argv: readonly string[], extraSkipFlag?: string): Arguments {
  const given = argv.map((word) => (word === extraSkipFlag ? '--no-auto-rollback' : word));
  const program = createProgram();
  try {
    program.parse(given as string[], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw usageError(error);
    throw error;
  }
  const [verb, ...rest] = program.args;
  const flags = readFlags(program.opts());
  if (given.includes('--auto-rollback') && given.includes('--no-auto-rollback')) throw clash('--auto-rollback', '--no-auto-rollback');
  checkFlags(flags, verb);
  return { verb, rest, flags };
}

function createProgram(): Command {
  return new Command('ship')
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} })
    .helpOption(false)
    .argument('[command...]')
    .option('-c, --config <file>')
    .option('-e, --env <name>')
    .option('--lane <lane>')
    .addOption(new Option('--auto-rollback'))
    .addOption(new Option('--rollback-on-failure'))
    .addOption(new Option('--no-auto-rollback').default(undefined))
    .addOption(new Option('--no-rollback').default(undefined))
    .option('--force-rollback')
    .option('--rollback-to <id>')
    .option('--to <id>')
    .option('--back')
    .option('--forward')
    .option('--rollback-timeout <duration>')
    .option('--lock-wait <duration>')
    .option('--list-snapshots')
    .option('--without-journal')
    .option('-n, --dry-run')
    .option('-y, --yes')
    .option('--json')
    .option('-v, --verbose')
    .option('-h, --help')
    .option('-V, --version');
}

function readFlags(given: Record<string, unknown>): Flags {
  const text = (key: 'config' | 'env' | 'rollbackTo' | 'rollbackTimeout' | 'lockWait' | 'lane' | 'to') =>
    given[key] === undefined ? {} : { [key]: given[key] };
  return {
    ...text('config'),
    ...text('env'),
    ...text('lane'),
    ...text('rollbackTo'),
    ...text('to'),
    ...text('rollbackTimeout'),
    ...text('lockWait'),
    autoRollback: given.autoRollback === true || given.rollbackOnFailure === true,
    noAutoRollback: given.autoRollback === false,
    noRollback: given.rollback === false,
    forceRollback: given.forceRollback === true,
    back: given.back === true,
    forward: given.forward === true,
    listSnapshots: given.listSnapshots === true,
    withoutJournal: given.withoutJournal === true,
    dryRun: given.dryRun === true,
    yes: given.yes === true,
    json: given.json === true,
    verbose: given.verbose === true,
    help: given.help === true,
    version: given.version === true,
  };
}

/** The verb that a report names. */
export function verbOf({ verb, flags }: Spoken): string {
  if (flags.version) return 'version';
  if (flags.help) return 'help';
  if (verb !== undefined) return verb;
  if (flags.listSnapshots) return 'snapshots';
  if (flags.rollbackTo !== undefined) return 'rollback';
  return flags.dryRun ? 'dry-run' : 'deploy';
}

/** What of the command line tells its verb. */
interface Spoken {
  readonly verb: string | undefined;
  readonly flags: Pick<Flags, 'version' | 'help' | 'listSnapshots' | 'rollbackTo' | 'dryRun'>;
}

/** What a command line that cannot be read most likely asked for. */
export function guessed(argv: readonly string[]): Spoken {
  const has = (...names: string[]) => argv.some((word) => names.includes(word.split('=')[0]!));
  const flags = {
    version: false,
    help: has('-h', '--help'),
    listSnapshots: has('--list-snapshots'),
    dryRun: has('-n', '--dry-run'),
    ...(has('--rollback-to') ? { rollbackTo: '' } : {}),
  };
  return { verb: argv.find((word) => Object.hasOwn(VERBS, word)), flags };
}

const clash = (one: string, other: string) =>
  errors.SHIP_USAGE({ problem: `${one} and ${other} contradict each other`, hint: 'Give one of the two.' });

function checkFlags(flags: Flags, verb: string | undefined): void {
  if (flags.config === '') throw errors.SHIP_USAGE({ problem: '--config names no file', hint: 'Is the variable that should name it set?' });
  if (flags.lane !== undefined && !LANES.includes(flags.lane)) throw unknownLane(flags.lane);
  if (flags.autoRollback && flags.noRollback) throw clash('--auto-rollback', '--no-rollback');
  if (flags.autoRollback && flags.noAutoRollback) throw clash('--auto-rollback', '--no-auto-rollback');
  if (flags.rollbackTo !== undefined && flags.noRollback) throw clash('--rollback-to', '--no-rollback');
  if (flags.rollbackTo !== undefined && flags.listSnapshots) throw clash('--rollback-to', '--list-snapshots');
  if (flags.to !== undefined && verb !== 'rollback')
    throw errors.SHIP_USAGE({ problem: '--to belongs to `ship rollback`', hint: 'Write `ship rollback --to ID`.' });
  if ((flags.back || flags.forward) && verb !== 'recover')
    throw errors.SHIP_USAGE({ problem: `${flags.back ? '--back' : '--forward'} belongs to \`ship recover\`` });
  if (flags.back && flags.forward) throw clash('--back', '--forward');
  if (flags.withoutJournal && (verb !== undefined || flags.rollbackTo !== undefined || flags.listSnapshots))
    throw errors.SHIP_USAGE({ problem: '--without-journal is for a run alone: everything else needs the store' });
  if (flags.dryRun && (flags.rollbackTo !== undefined || (verb !== undefined && verb !== 'help')))
    throw errors.SHIP_USAGE({ problem: '--dry-run shows what `ship` alone would do, and nothing else' });
  if (verb !== undefined && (flags.rollbackTo !== undefined || flags.listSnapshots)) {
    const flag = flags.listSnapshots ? '--list-snapshots' : '--rollback-to';
    throw errors.SHIP_USAGE({ problem: `${flag} stands alone: it does not go with \`ship ${verb}\``, hint: `Write \`ship ${flag}\`.` });
  }
}

function unknownLane(lane: string) {
  const near = suggest(lane, LANES);
  const hint = `${near === undefined ? '' : `Did you mean \`${near}\`? `}The lanes are ${LANES.join(', ')}.`;
  return errors.SHIP_USAGE({ problem: `--lane ${JSON.stringify(lane)}: there is no such lane`, hint });
}

/** commander writes `error: unknown option '--x'`, and a suggestion in brackets below. */
function usageError({ message }: CommanderError) {
  const [problem = message, suggestion] = message.replace(/^error: /, '').split('\n');
  const hint = suggestion?.replace(/^\((.*)\)$/, '$1').replace(/(--?[a-z-]+)/g, '`$1`');
  return errors.SHIP_USAGE({ problem, hint });
}
