import type { Pod } from './fake-pod.js';

/** A node, and what is still free on it. */
export interface FakeNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly size: { readonly cpu: number; readonly memory: number; readonly pods: number };
  /** The pods that it holds, by their uid. */
  readonly pods: Map<string, Pod>;
}

const UNITS: Readonly<Record<string, number>> = { m: 0.001, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 };

/** 100m of a cpu, or 1Gi of memory, as a number. */
export function quantity(text: string): number {
  const [, number, unit = ''] = /^([\d.]+)(\D*)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? 1);
}

const asks = (pod: Pod, what: 'cpu' | 'memory'): number =>
  pod.spec.containers.reduce((sum, { resources }) => sum + quantity(resources?.requests?.[what] ?? '0'), 0);

const free = (node: FakeNode, what: 'cpu' | 'memory'): number =>
  [...node.pods.values()].reduce((left, pod) => left - asks(pod, what), node.size[what]);

/** Why a node does not take a pod, in the words of the real scheduler. */
function refusal(node: FakeNode, pod: Pod): string | undefined {
  const selector = Object.entries(pod.spec.nodeSelector ?? {});
  if (selector.some(([key, value]) => node.labels[key] !== value)) return "node(s) didn't match Pod's node affinity";
  // A pod of a DaemonSet names its node in this way.
  const wanted = /"metadata\.name","operator":"In","values":\["([^"]+)"\]/.exec(JSON.stringify(pod.spec.affinity ?? {}))?.[1];
  if (wanted !== undefined && wanted !== node.name) return "node(s) didn't match Pod's node affinity";
  if (node.pods.size >= node.size.pods) return 'Too many pods';
  for (const what of ['cpu', 'memory'] as const) if (asks(pod, what) > free(node, what)) return `Insufficient ${what}`;
  return undefined;
}

/** The node with the fewest pods of those that take it, or what the scheduler says where none does. */
export function schedule(nodes: readonly FakeNode[], pod: Pod): { readonly node: FakeNode } | { readonly message: string } {
  const refusals = new Map<string, number>();
  let best: FakeNode | undefined;
  for (const node of nodes) {
    const why = refusal(node, pod);
    if (why !== undefined) refusals.set(why, (refusals.get(why) ?? 0) + 1);
    else if (!best || node.pods.size < best.pods.size) best = node;
  }
  if (best) return { node: best };
  const reasons = [...refusals].map(([why, count]) => `${count} ${why}`).join(', ');
  return { message: `0/${nodes.length} nodes are available: ${reasons}.` };
}
