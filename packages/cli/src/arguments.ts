import { type ParseArgsConfig, parseArgs } from 'node:util';
import { loadConfig } from '@ship/config';
import { isShipError, LANES, type Lane, suggest } from '@ship/core';
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
  readonly rollbackComponent?: string;
  /** Of `ship rollback --to ID`. */
  readonly to?: string;
  /** Of `ship rollback --component NAME`. */
  readonly component?: string;
  /** Of `ship rollback --instant`. */
  readonly instant: boolean;
  /** Of `ship decide --context FILE`. */
  readonly context?: string;
  /** Of `ship decide --replay RUN`. */
  readonly replay?: string;
  /** Of `ship doctor`. */
  readonly fix: boolean;
  /** Of `ship recover`. */
  readonly back: boolean;
  readonly forward: boolean;
  readonly rollbackTimeout?: string;
  readonly lockWait?: string;
  readonly listSnapshots: boolean;
  /** Of `ship trust`. */
  readonly list: boolean;
  readonly remove: boolean;
  /** Of `ship completion --words KIND`, which shells ask. */
  readonly words?: string;
  readonly withoutJournal: boolean;
  readonly dryRun: boolean;
  /** Why, in the words of who gives the command. */
  readonly reason?: string;
  readonly yes: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/** Every flag that people write. */
const flagNames = (): string[] =>
  Object.entries(OPTIONS).flatMap(([name, option]) =>
    name === 'words' ? [] : 'short' in option ? [`--${name}`, `-${option.short}`] : [`--${name}`],
  );

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  env: { type: 'string', short: 'e' },
  lane: { type: 'string' },
  'auto-rollback': { type: 'boolean' },
  'rollback-on-failure': { type: 'boolean' },
  'no-auto-rollback': { type: 'boolean' },
  'no-rollback': { type: 'boolean' },
  'force-rollback': { type: 'boolean' },
  'rollback-to': { type: 'string' },
  'rollback-component': { type: 'string' },
  to: { type: 'string' },
  component: { type: 'string' },
  instant: { type: 'boolean' },
  context: { type: 'string' },
  replay: { type: 'string' },
  fix: { type: 'boolean' },
  back: { type: 'boolean' },
  forward: { type: 'boolean' },
  'rollback-timeout': { type: 'string' },
  'lock-wait': { type: 'string' },
  'list-snapshots': { type: 'boolean' },
  list: { type: 'boolean' },
  remove: { type: 'boolean' },
  words: { type: 'string' },
  'without-journal': { type: 'boolean' },
  'dry-run': { type: 'boolean', short: 'n' },
  reason: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const satisfies ParseArgsConfig['options'];

/** Reads the command line. A flag that is unknown here may be the `skip_flag` of the config: only then that is read first. */
export async function parseWithSkipFlag(argv: readonly string[]): Promise<Arguments> {
  try {
    return parseArguments(argv);
  } catch (error) {
    const skipFlag = await skipFlagOf(argv);
    if (skipFlag === undefined || !argv.includes(skipFlag)) throw error;
    return parseArguments(argv, skipFlag);
  }
}

async function skipFlagOf(argv: readonly string[]): Promise<string | undefined> {
  const flag = /^(?:--config|-c)=?(.*)$/;
  const at = argv.findIndex((word) => flag.test(word));
  const named = at < 0 ? undefined : flag.exec(argv[at]!)![1] || argv[at + 1];
  const dataOnly = !readsConfig(spoken(argv));
  try {
    const { config } = await loadConfig({ cwd: process.cwd(), ...configFile({ config: named }), env: process.env, dataOnly });
    return config.rollback.skip_flag;
  } catch (error) {
    // The mistake on the command line is reported; the config's own mistakes come when it is read for good.
    if (isShipError(error)) return undefined;
    throw error;
  }
}

/** The config that is named, by `--config` or by SHIP_CONFIG; undefined: it is searched for. */
export function configFile({ config }: { readonly config?: string | undefined }): { readonly file?: string } {
  const file = config ?? process.env.SHIP_CONFIG;
  return file ? { file } : {};
}

/** Reads the command line. Mistakes throw SHIP_USAGE, with the nearest flag as the hint. */
export function parseArguments(argv: readonly string[], extraSkipFlag?: string): Arguments {
  const args = argv.map((word) => (word === extraSkipFlag ? '--no-auto-rollback' : word));
  // Not strict: Node's own messages name no near flag.
  const { values, positionals, tokens } = parseArgs({ args, options: OPTIONS, strict: false, tokens: true });
  const [verb, ...words] = positionals;
  // A command of a plugin has options of its own, which only it knows.
  const isOfPlugin = verb !== undefined && verb !== 'deploy' && !Object.hasOwn(VERBS, verb);
  for (const token of tokens) if (token.kind === 'option' && !(isOfPlugin && isForeign(token.name))) checkToken(token);
  const rest = isOfPlugin ? wordsOf(tokens).slice(1) : words;
  const flags = readFlags(isOfPlugin ? Object.fromEntries(Object.entries(values).filter(([name]) => !isForeign(name))) : values);
  if (verb !== 'deploy' || flags.help) {
    checkFlags(flags, verb);
    return { verb, rest, flags };
  }
  if (rest.length > 0) throw errors.SHIP_USAGE({ problem: `\`ship deploy\` takes no ${JSON.stringify(rest[0])}` });
  checkAlone(flags, verb);
  checkFlags(flags, undefined);
  return { verb: undefined, rest, flags };
}

/** Flags that belong to one verb are free for the commands of plugins. */
const isForeign = (name: string): boolean => !Object.hasOwn(OPTIONS, name) || OWNED.some(([, flag]) => flag === `--${name}`);

/** The words of a command and its own options, as they were given. */
const wordsOf = (tokens: NonNullable<ReturnType<typeof parseArgs>['tokens']>): string[] =>
  tokens.flatMap((token) => {
    if (token.kind === 'positional') return [token.value];
    if (token.kind !== 'option' || !isForeign(token.name)) return [];
    return [token.value === undefined ? token.rawName : `${token.rawName}=${token.value}`];
  });

function checkToken({ name, rawName, value }: { name: string; rawName: string; value: string | undefined }): void {
  const { type } = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof typeof OPTIONS] : {};
  if (type === undefined) throw unknownFlag(rawName);
  if (type === 'string' && value === undefined) throw errors.SHIP_USAGE({ problem: `${rawName} needs a value` });
  if (type === 'boolean' && value !== undefined) throw errors.SHIP_USAGE({ problem: `${rawName} takes no value` });
}

function unknownFlag(flag: string) {
  const near = flag.startsWith('--') ? suggest(flag, flagNames()) : undefined;
  return errors.SHIP_USAGE({ problem: `unknown option '${flag}'`, hint: near && `Did you mean \`${near}\`?` });
}

function readFlags(given: ReturnType<typeof parseArgs>['values']): Flags {
  const switches = Object.entries(OPTIONS).flatMap(([name, { type }]) => (type === 'boolean' ? [[camelCase(name), false]] : []));
  const values = Object.entries(given).map(([name, value]) => [camelCase(name), value]);
  const { rollbackOnFailure, ...flags } = Object.fromEntries([...switches, ...values]);
  return { ...flags, autoRollback: flags.autoRollback || rollbackOnFailure };
}

const camelCase = (name: string) => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Verbs that need no config. */
const WITHOUT_CONFIG = new Set(['help', 'explain', 'init', 'trust', 'completion']);

/** Does the command need a config? Where it does not, none that is a program is executed, not for a flag or a secret in it either. */
export function readsConfig({ verb, flags }: { readonly verb: string | undefined; readonly flags: Partial<Flags> }): boolean {
  const isFile = verb === 'decide' && flags.context !== undefined;
  return !flags.version && !flags.help && !isFile && !WITHOUT_CONFIG.has(verb ?? '');
}

/** A command line as far as it can be understood, whatever is wrong with it. */
function spoken(argv: readonly string[]): Pick<Arguments, 'verb' | 'flags'> {
  const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, strict: false });
  return { verb: positionals[0], flags: readFlags(values) };
}

/** The verb that a report names. */
export function verbOf({ verb, flags }: Spoken): string {
  if (flags.version) return 'version';
  if (flags.help) return 'help';
  if (verb !== undefined) return verb;
  if (flags.listSnapshots) return 'snapshots';
  if (flags.rollbackTo !== undefined || flags.rollbackComponent !== undefined) return 'rollback';
  return flags.dryRun ? 'dry-run' : 'deploy';
}

/** What of the command line says its verb. */
interface Spoken {
  readonly verb: string | undefined;
  readonly flags: Pick<Flags, 'version' | 'help' | 'listSnapshots' | 'rollbackTo' | 'rollbackComponent' | 'dryRun'>;
}

/** What a command line that cannot be read most likely asked for. */
export function guessed(argv: readonly string[]): Spoken {
  const has = (...names: string[]) => argv.some((word) => names.includes(word.split('=')[0]!));
  const flags = {
    version: false,
    help: has('-h', '--help'),
    listSnapshots: has('--list-snapshots'),
    dryRun: has('-n', '--dry-run'),
    ...(has('--rollback-to', '--rollback-component') ? { rollbackTo: '' } : {}),
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
  const back = backFlag(flags);
  if (back !== undefined && flags.noRollback) throw clash(back, '--no-rollback');
  if (back !== undefined && flags.listSnapshots) throw clash(back, '--list-snapshots');
  checkOwners(flags, verb);
  checkReason(flags, verb);
  if (flags.list && flags.remove) throw clash('--list', '--remove');
  if (flags.context !== undefined && flags.replay !== undefined) throw clash('--context', '--replay');
  if ((flags.back || flags.forward) && verb !== 'recover')
    throw errors.SHIP_USAGE({ problem: `${flags.back ? '--back' : '--forward'} belongs to \`ship recover\`` });
  if (flags.back && flags.forward) throw clash('--back', '--forward');
  if (flags.withoutJournal && (verb !== undefined || back !== undefined || flags.listSnapshots))
    throw errors.SHIP_USAGE({ problem: '--without-journal is for a run alone: everything else needs the store' });
  if (flags.dryRun && (back !== undefined || (verb !== undefined && verb !== 'help' && !flags.help)))
    throw errors.SHIP_USAGE({ problem: '--dry-run shows what `ship` alone would do, and nothing else' });
  checkAlone(flags, verb);
}

/** The flag that goes back, where there is one. */
const backFlag = ({ rollbackTo, rollbackComponent }: Flags): string | undefined =>
  rollbackTo !== undefined ? '--rollback-to' : rollbackComponent !== undefined ? '--rollback-component' : undefined;

/** What goes back, or shows what can be gone back to, is a command of its own. */
function checkAlone(flags: Flags, verb: string | undefined): void {
  const flag = backFlag(flags) ?? (flags.listSnapshots && '--list-snapshots');
  if (verb !== undefined && flag)
    throw errors.SHIP_USAGE({ problem: `${flag} stands alone: it does not go with \`ship ${verb}\``, hint: `Write \`ship ${flag}\`.` });
}

/** Flags that one verb alone has, with an example of how it is written. */
const OWNED: readonly (readonly [keyof Flags, string, string, string])[] = [
  ['to', '--to', 'rollback', '--to ID'],
  ['component', '--component', 'rollback', '--component NAME'],
  ['instant', '--instant', 'rollback', '--instant'],
  ['context', '--context', 'decide', '--context FILE'],
  ['replay', '--replay', 'decide', '--replay RUN'],
  ['fix', '--fix', 'doctor', '--fix'],
  ['list', '--list', 'trust', '--list'],
  ['remove', '--remove', 'trust', '--remove FOLDER'],
  ['words', '--words', 'completion', '--words KIND'],
];

/** Verbs that change nothing, or not an environment: nobody asks them why. */
const WITHOUT_REASON = new Set(['status', 'history', 'doctor', 'validate', 'init', 'explain', 'trust', 'plugins', 'help', 'decide']);

function checkReason({ reason, listSnapshots }: Flags, verb: string | undefined): void {
  if (reason === undefined) return;
  if (reason.trim() === '') throw errors.SHIP_USAGE({ problem: '--reason says nothing', hint: 'Write `--reason "why it is done"`.' });
  if (listSnapshots || WITHOUT_REASON.has(verb ?? ''))
    throw errors.SHIP_USAGE({ problem: '--reason is for what changes an environment: runs, rollbacks, recoveries and holds' });
}

function checkOwners(flags: Flags, verb: string | undefined): void {
  for (const [key, flag, owner, example] of OWNED) {
    if (flags[key] === undefined || flags[key] === false || verb === owner) continue;
    throw errors.SHIP_USAGE({ problem: `${flag} belongs to \`ship ${owner}\``, hint: `Write \`ship ${owner} ${example}\`.` });
  }
  if (flags.instant && (flags.to !== undefined || flags.component !== undefined))
    throw errors.SHIP_USAGE({ problem: '--instant takes the last run back by switching traffic: it goes with no --to and no --component' });
}

function unknownLane(lane: string) {
  const near = suggest(lane, LANES);
  const hint = `${near === undefined ? '' : `Did you mean \`${near}\`? `}The lanes are ${LANES.join(', ')}.`;
  return errors.SHIP_USAGE({ problem: `--lane ${JSON.stringify(lane)}: there is no such lane`, hint });
}
