import type { ComponentConfig, DependencyKind, Finding, Snapshot } from '@ship/core';
import { breakingChange, fits } from './versions.js';

/** One component on its way back, and what stays around it. */
export interface Alone {
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
