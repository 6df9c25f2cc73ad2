import { LANES } from '@ship/core';
import { choice, type Diagnostics } from '@ship/core/kernel';
import { errors } from './errors.js';
import { checkName, checkSameNames, mistakeAt, type Scope } from './scope.js';
import { type Dict, dictOf, durationProblem, getAt, hasAt, isDict, showText } from './values.js';
import { interpolate, type Variables } from './variables.js';
import type { Source } from './yaml.js';

/** Keys of the kernel. All others at the top are sections of plugins. */
export const KERNEL_KEYS = [
  '$schema',
  'version',
  'project',
  'environments',
  'default_environment',
  'optimization',
  'plugins',
  'components',
  'steps',
  'verify',
  'max_parallel',
  'lane',
  'secrets',
  'rollback_timeout',
  'store',
] as const;

/** Keys of the kernel that an environment may hold. */
export const ENVIRONMENT_KEYS: readonly string[] = ['approval', 'optimization', 'components', 'verify', 'max_parallel', 'lane'];

/** Keys of the kernel that stand at the top alone. */
const TOP_KEYS: readonly string[] = KERNEL_KEYS.filter((key) => !ENVIRONMENT_KEYS.includes(key));

/** A value with another one put over it. */
export function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isDict(over)) return over;
  const below = dictOf(base);
  const given = Object.keys(over).filter((key) => over[key] !== undefined);
  return { ...below, ...Object.fromEntries(given.map((key) => [key, merge(getAt(below, [key]), over[key])])) };
}

/** The name of the environment where the config has none. */
const ONLY = 'default';

/** Chooses the environment: the one asked for, the only one, or the default one. Throws where that is unclear. */
export function chooseEnvironment(source: Source, diagnostics: Diagnostics, env: Variables, asked: string | undefined): string {
  const named = Object.keys(dictOf((source.value as Dict).environments));
  const known = named.length > 0 ? named : [ONLY];
  const word = asked ?? (env.SHIP_ENV || undefined);
  if (word !== undefined && known.includes(word)) return word;
  const value = asked === undefined ? 'of the name in SHIP_ENV' : showText(asked);
  if (word !== undefined) throw errors.SHIP_ENVIRONMENT_UNKNOWN({ value, ...choice(word, known) });
  const preset = defaultEnvironment(source, diagnostics, env, known);
  if (preset !== undefined) return preset;
  if (known.length === 1) return known[0]!;
  throw errors.SHIP_ENVIRONMENT_UNCLEAR({ known }, { at: source.position(['environments'], 'key') });
}

function defaultEnvironment(source: Source, diagnostics: Diagnostics, env: Variables, known: readonly string[]): string | undefined {
  const path = ['default_environment'];
  const raw = (source.value as Dict).default_environment;
  if (typeof raw !== 'string') return undefined;
  let broken = false;
  const preset = String(interpolate(raw, env, () => (broken = true)));
  // A broken variable is reported where all variables are replaced.
  if (broken) return known[0];
  if (known.includes(preset)) return preset;
  const details = { what: 'environment', ...choice(raw, known) };
  diagnostics.add(mistakeAt(source, path, errors.SHIP_CONFIG_UNKNOWN_REFERENCE, details));
  return known[0];
}

/** The names of the environments, checked, and with them the keys of their blocks. */
export function checkEnvironments(scope: Scope, value: unknown): readonly string[] {
  const blocks = dictOf(value);
  const named = Object.keys(blocks).map((name) => ({ name, path: ['environments', name] }));
  for (const { name, path } of named) {
    checkName(scope, path, name);
    const misplaced = Object.keys(dictOf(blocks[name])).filter((key) => TOP_KEYS.includes(key));
    for (const key of misplaced) {
      scope.add([...path, key], errors.SHIP_CONFIG_UNKNOWN_KEY, choice(key, ENVIRONMENT_KEYS), 'key');
    }
  }
  checkSameNames(scope, named, 'key');
  checkApproval(scope);
  return named.length === 0 ? [scope.environment] : named.map(({ name }) => name);
}

/** At the top it would be taken for a section, and nobody would be asked. */
function checkApproval({ source, diagnostics }: Scope): void {
  if (!hasAt(source.value, ['approval'])) return;
  const known = ENVIRONMENT_KEYS.map((key) => `environments.<name>.${key}`);
  const details = { suggestion: 'environments.<name>.approval', known };
  diagnostics.add(mistakeAt(source, ['approval'], errors.SHIP_CONFIG_UNKNOWN_KEY, details, 'key'));
}

/** Puts the block of an environment over the rest of the file. Maps are merged; lists and the rest are replaced. */
export function mergeEnvironment(root: Dict, environment: string): Dict {
  const block = getAt(root, ['environments', environment]);
  if (!isDict(block)) return root;
  const kept = Object.entries(block).filter(([key]) => !TOP_KEYS.includes(key));
  return merge(root, Object.fromEntries(kept)) as Dict;
}

/** What the text of a variable has to be, and the layer that it makes; undefined where the text is something else. */
interface Variable {
  readonly expected: string;
  layer(text: string): Dict | undefined;
}

const rollback = (key: string, value: unknown): Dict => ({ optimization: { rollback: { [key]: value } } });

const flag = (layer: (isOn: boolean) => Dict): Variable => ({
  expected: 'true, false, 1 or 0',
  layer: (text) => (/^(?:true|1|false|0)$/.test(text) ? layer(text === 'true' || text === '1') : undefined),
});

const wholeNumber = (most: number, layer: (value: number) => Dict): Variable => ({
  expected: `a whole number from 1 to ${most}`,
  layer: (text) => (/^[1-9]\d{0,5}$/.test(text) && Number(text) <= most ? layer(Number(text)) : undefined),
});

/** Later ones win, so that a word against rolling back outweighs one for it. */
const VARIABLES: Readonly<Record<string, Variable>> = {
  SHIP_MAX_PARALLEL: wholeNumber(64, (value) => ({ max_parallel: value })),
  SHIP_SNAPSHOT_COUNT: wholeNumber(1000, (value) => rollback('snapshot_count', value)),
  SHIP_LANE: {
    expected: `${LANES.slice(0, -1).join(', ')} or ${LANES.at(-1)}`,
    layer: (lane) => (isLane(lane) ? { lane } : undefined),
  },
  SHIP_AUTO_ROLLBACK: flag((isOn) => rollback('auto_on_failure', isOn)),
  SHIP_NO_AUTO_ROLLBACK: flag((isOn) => (isOn ? rollback('auto_on_failure', false) : {})),
  SHIP_NO_ROLLBACK: flag((isOn) => (isOn ? rollback('enabled', false) : {})),
};

/** The layers that `SHIP_*` variables put over the file, in order. An empty variable counts as unset. */
export function variableLayers(env: Variables, diagnostics: Diagnostics): readonly Dict[] {
  return Object.entries(VARIABLES).map(([name, { expected, layer }]) => {
    const text = env[name] ?? '';
    const made = text === '' ? {} : layer(text);
    if (made === undefined) diagnostics.add(errors.SHIP_VARIABLE_INVALID({ name, expected }));
    return made ?? {};
  });
}

/** What the flags of the command line put over everything else. */
export interface ConfigOverrides {
  /** `--env` */
  readonly environment?: string | undefined;
  /** `--auto-rollback`, `--no-auto-rollback` */
  readonly auto_on_failure?: boolean | undefined;
  /** `--no-rollback` is `false`. */
  readonly enabled?: boolean | undefined;
  /** `--lane` */
  readonly lane?: string | undefined;
  /** `--max-parallel` */
  readonly max_parallel?: number | undefined;
  /** `--rollback-timeout`, with its unit. */
  readonly rollback_timeout?: string | undefined;
}

/** The layer that flags put over the file. What is wrong with a flag is reported, and the flag left out. */
export function overrideLayer(overrides: ConfigOverrides, diagnostics: Diagnostics): Dict {
  const { auto_on_failure, enabled, lane, max_parallel, rollback_timeout } = overrides;
  const read = <T>(flag: string, value: T | undefined, allowed: (value: T) => boolean, expected: string): T | undefined => {
    if (value === undefined || allowed(value)) return value;
    diagnostics.add(errors.SHIP_FLAG_INVALID({ flag, value: String(value), expected }));
    return undefined;
  };
  return {
    lane: read('--lane', lane, isLane, `one of ${LANES.join(', ')}`),
    max_parallel: read('--max-parallel', max_parallel, isParallel, 'a whole number from 1 to 64'),
    rollback_timeout: read('--rollback-timeout', rollback_timeout, isTime, 'a duration above zero, such as 10m'),
    optimization: { rollback: { auto_on_failure, enabled } },
  };
}

const isLane = (lane: string) => (LANES as readonly string[]).includes(lane);
const isParallel = (count: number) => Number.isInteger(count) && count >= 1 && count <= 64;
const isTime = (text: string) => durationProblem(text, { zero: false }) === undefined;
