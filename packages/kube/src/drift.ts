import type { Cluster } from './cluster.js';
import type { KubeObject } from './objects.js';

/** A field that is another one in the cluster than a manifest says. */
export interface Drift {
  /** `Deployment web`. */
  readonly object: string;
  /** What differs, as `kubectl diff` has it: `-` is live, `+` is the manifest. */
  readonly lines: readonly string[];
}

/** What is live is compared with what the manifest says; what it says nothing of is not. Values of Secrets are not shown. */
export async function driftOf(cluster: Cluster, manifest: string): Promise<Drift[]> {
  if (manifest.trim() === '') return [];
  const [text, scalers] = await Promise.all([cluster.diff(manifest), autoscaled(cluster).catch(() => new Set<string>())]);
  return driftIn(text).flatMap(({ object, lines }) => {
    const left = scalers.has(object) ? lines.filter((line) => !/^[-+]\s*replicas:/.test(line)) : lines;
    return left.length === 0 ? [] : [{ object, lines: left }];
  });
}

/** Reads what `kubectl diff` prints. */
function driftIn(text: string): Drift[] {
  return text.split(/^(?=diff )/m).flatMap((part) => {
    const [, file] = /^\+\+\+ \S*\/(\S+)/m.exec(part) ?? [];
    if (file === undefined) return [];
    const lines = part
      .split('\n')
      .filter((line) => /^[-+](?![-+]{2} )/.test(line))
      // It counts how often the object was changed, which the change itself would be.
      .filter((line) => !/^[-+]\s*generation: \d+$/.test(line));
    return lines.length === 0 ? [] : [{ object: objectOf(file), lines }];
  });
}

/** `apps.v1.Deployment.shop.web`, in which a name may have dots, and a group too. */
function objectOf(file: string): string {
  const [, kind = '', , name = ''] = /\.([A-Z]\w*)\.([^.]*)\.(.+)$/.exec(file) ?? [];
  return kind === '' ? file : `${kind} ${name}`;
}

/** What an autoscaler sets the replicas of, such as `Deployment web`: these are its own. */
export async function autoscaled(cluster: Cluster): Promise<ReadonlySet<string>> {
  const found = await cluster.list<KubeObject & { spec?: { scaleTargetRef?: { kind: string; name: string } } }>('horizontalpodautoscalers');
  return new Set(
    found.flatMap(({ spec }) => (spec?.scaleTargetRef === undefined ? [] : [`${spec.scaleTargetRef.kind} ${spec.scaleTargetRef.name}`])),
  );
}
