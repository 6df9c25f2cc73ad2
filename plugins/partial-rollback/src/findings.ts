import type { ComponentConfig, DependencyKind, Finding, Snapshot } from '@ship/core';

/** One component on its way back, and what stays around it. */
interface Alone {
  /** As the config has it. */
  readonly component: ComponentConfig;
  /** What is live of it; undefined: nothing. */
  readonly from: string | undefined;
  /** What would be live of it. */
  readonly to: string;
  /** What is gone back to. */
  readonly target: Snapshot | null;
  /** The others, as they are live. */
  readonly others: readonly ComponentConfig[];
}

/** What a version that does not fit means for a dependent, by how much it needs the other. */
const LEVELS: Readonly<Record<DependencyKind, Finding['level']>> = { HARD: 'block', SOFT: 'warn', LAZY: 'warn', OPTIONAL: 'info' };

/** What speaks against it, and what was looked at and does not. */
export async function aloneFindings({ component, from, to, target, others }: Alone): Promise<Finding[]> {
  const { name } = component;
  if (component.core)
    return [{ level: 'block', rule: 'core', message: `${name} is a core component: everything goes back with it, or nothing` }];
  const then = componentThen(target, name, to);
  return [
    await breakingFinding(component, from, to, then),
    ...(await Promise.all(others.filter((other) => other.dependencies?.[name]).map((other) => dependentFinding(other, name, to)))),
    ...(then ? await dependencyFindings({ ...then, name, version: to }, others) : []),
  ].filter((finding) => finding !== undefined);
}

/** In a full rollback: components that the snapshot does not hold stay, and must fit what comes back. */
export async function leftBehindFindings(components: Readonly<Record<string, ComponentConfig>>, target: Snapshot): Promise<Finding[]> {
  const staying = Object.values(components).filter(({ name }) => target.components[name] === undefined);
  const edges = staying.flatMap((other) => Object.keys(other.dependencies ?? {}).map((name) => [other, name] as const));
  const back = edges.filter(([, name]) => target.components[name] !== undefined);
  return Promise.all(back.map(([other, name]) => dependentFinding(other, name, target.components[name]!.version)));
}

/** As the snapshot has it, if that is the version that is gone back to. */
function componentThen(target: Snapshot | null, name: string, version: string): ComponentConfig | undefined {
  const then = (target?.config.components as unknown as Readonly<Record<string, ComponentConfig>> | undefined)?.[name];
  return target?.components[name]?.version === version ? then : undefined;
}

async function breakingFinding(
  { name, contract }: ComponentConfig,
  from: string | undefined,
  to: string,
  then: ComponentConfig | undefined,
): Promise<Finding | undefined> {
  if (from === undefined || from === to) return undefined;
  const change = await breakingChange({ version: from, contract }, { version: to, contract: then?.contract });
  const level = change.breaking === undefined ? 'warn' : change.breaking ? 'block' : 'info';
  return { level, rule: 'breaking-change', message: `${name} ${from} -> ${to}: ${change.why}` };
}

async function dependentFinding(dependent: ComponentConfig, name: string, version: string): Promise<Finding> {
  const kind = dependent.dependencies[name]!;
  const range = dependent.compatible_with?.[name];
  const who = `${dependent.name} ${dependent.version}`;
  const finding = (level: Finding['level'], message: string): Finding => ({ level, rule: 'dependents', message });
  if (range === undefined) return finding('info', `${who} depends on ${name} (${kind}) and names no versions of it`);
  const fit = await fits(version, range);
  if (fit === undefined) return finding('warn', `nobody can tell whether ${who} works with ${name} ${version}: it wants ${range}`);
  return fit
    ? finding('info', `${who} works with ${name} ${version}`)
    : finding(LEVELS[kind], `${who} does not work with ${name} ${version}: it wants ${range} (${kind})`);
}

/** The old version has wants of its own. */
function dependencyFindings(then: ComponentConfig, others: readonly ComponentConfig[]): Promise<Finding[]> {
  const wanted = Object.keys(then.compatible_with ?? {}).flatMap((need) => others.find(({ name }) => name === need) ?? []);
  return Promise.all(wanted.map(async (other) => ({ ...(await dependentFinding(then, other.name, other.version)), rule: 'dependencies' })));
}

/** A version of a component, and the interface that it declares. */
interface Declared {
  readonly version: string;
  readonly contract?: string | undefined;
}

/** Whether two versions of a component can take each other's place; undefined: unknown. */
interface Change {
  readonly breaking: boolean | undefined;
  readonly why: string;
}

/** Contracts decide where both declare one, and otherwise the numbers, as semver.org has it. */
export async function breakingChange(from: Declared, to: Declared): Promise<Change> {
  if (from.contract !== undefined && to.contract !== undefined) {
    const same = from.contract === to.contract;
    return {
      breaking: !same,
      why: same ? `both keep the contract ${from.contract}` : `the contract changes from ${from.contract} to ${to.contract}`,
    };
  }
  const [one, other] = [await parse(from.version), await parse(to.version)];
  if (one === undefined || other === undefined)
    return { breaking: undefined, why: 'the versions do not say whether that is a breaking change, and declare no `contract`' };
  if (one.major !== other.major) return { breaking: true, why: 'another major version is a breaking change' };
  if (one.major === 0 && one.minor !== other.minor) return { breaking: true, why: 'below 1.0 another minor version is a breaking change' };
  return { breaking: false, why: 'no breaking change, by the numbers' };
}

/** Is the version in the range? Undefined where it is no version that could be. */
export async function fits(version: string, range: string): Promise<boolean | undefined> {
  const { default: semver } = await import('semver');
  const parsed = await parse(version);
  return parsed === undefined ? undefined : semver.satisfies(parsed, range, { includePrerelease: true });
}

/** Is that a range of versions at all? */
export async function isRange(text: string): Promise<boolean> {
  const { default: semver } = await import('semver');
  return semver.validRange(text) !== null;
}

/** `1.2.3`, with or without `v`; `v2` and `2.1` are what people mean by them. A commit or a date is no version. */
const NUMBERED = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?([-+][0-9A-Za-z.+-]+)?$/;

async function parse(version: string) {
  const { default: semver } = await import('semver');
  const [matched, major, minor = '0', patch = '0', rest = ''] = NUMBERED.exec(version) ?? [];
  // A bare number of eight digits is a date or a build.
  if (matched === undefined || /^\d{5,}$/.test(version)) return undefined;
  return semver.parse(`${major}.${minor}.${patch}${rest}`) ?? undefined;
}
