import type { CommandContext, ComponentState, Snapshot } from '@ship/core';

/** One difference between two states of an environment. */
export interface Difference {
  /** `component`, `part` or `environment`. */
  readonly kind: 'component' | 'part' | 'environment';
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  /** What the two versions do not say. */
  readonly detail?: string;
}

type States = Readonly<Record<string, Pick<ComponentState, 'version' | 'config_hash' | 'healthy'>>>;

/** What differs between the components of two states. */
export function componentDifferences(from: States, to: States): Difference[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return names.flatMap((name): Difference[] => {
    const [one, other] = [from[name], to[name]];
    const versions = { kind: 'component', name, from: one?.version ?? null, to: other?.version ?? null } as const;
    if (one?.version !== other?.version) return [versions];
    if (one?.config_hash !== other?.config_hash) return [{ ...versions, detail: 'another configuration' }];
    return one?.healthy === other?.healthy ? [] : [{ ...versions, detail: other?.healthy ? 'healthy now' : 'not healthy now' }];
  });
}

/** Two snapshots. */
export function snapshotDifferences(from: Snapshot, to: Snapshot): Difference[] {
  const names = [...new Set([...Object.keys(from.parts), ...Object.keys(to.parts)])];
  const parts = names.filter((name) => partIn(from, name) !== partIn(to, name));
  return [
    ...(from.git_sha === to.git_sha ? [] : [{ kind: 'environment' as const, name: 'git_sha', from: from.git_sha, to: to.git_sha }]),
    ...parts.map((name) => ({ kind: 'part' as const, name, from: stateOf(from, name), to: stateOf(to, name), detail: 'another state' })),
    ...componentDifferences(from.components, to.components),
  ];
}

const partIn = ({ parts }: Snapshot, name: string): string | null => (Object.hasOwn(parts, name) ? JSON.stringify(parts[name]) : null);
const stateOf = (snapshot: Snapshot, name: string): string | null => (partIn(snapshot, name) === null ? null : 'captured');

/** A snapshot, and what is live. */
export async function liveDifferences(ctx: CommandContext, snapshot: Snapshot): Promise<Difference[]> {
  const parts = await ctx.compareParts(snapshot);
  const ofParts = Object.entries(parts).flatMap(([name, lines]): Difference[] =>
    lines === null
      ? [{ kind: 'part' as const, name, from: 'captured', to: null, detail: 'its plugin cannot compare' }]
      : lines.map((detail) => ({ kind: 'part' as const, name, from: 'captured', to: 'live', detail })),
  );
  return [...ofParts, ...componentDifferences(snapshot.components, await ctx.describeComponents())];
}

/** A line for people. */
export function differenceLine({ name, from, to, detail }: Difference): string {
  const change = from === to ? `${from}` : `${from ?? 'nothing'} -> ${to ?? 'nothing'}`;
  return `${name}: ${detail === undefined ? change : from === to ? `${change}, ${detail}` : detail}`;
}
