import type { KubeObject } from '@ship/kube';
import { describe, expect, it } from 'vitest';
import { withGiven } from '../src/driver/found.js';
import { documentsOf, objectsIn } from '../src/release/manifest.js';
import type { Release } from '../src/release/storage.js';

const manifest = (ports: string) => `---
# Source: shop/templates/service.yaml
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [${ports}] }
`;

describe('the manifest of a revision', () => {
  it('given lists, empty documents and names that look like numbers, when it is read, then each object is one', () => {
    const text = `${manifest('')}---
# nothing
---
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: 17, namespace: other } }
`;
    expect(objectsIn(text).map(({ kind, metadata }) => [kind, metadata.name, metadata.namespace])).toEqual([
      ['Service', 'web', undefined],
      ['ConfigMap', '17', 'other'],
    ]);
  });

  it('given the same documents of other files in another order, then they are the same', () => {
    const [one, two] = ['---\n# Source: a.yaml\nkind: A\n', '---\n# Source: b.yaml\nkind: B\n'];
    expect(documentsOf(one + two)).toEqual(documentsOf(two.replace('b.yaml', 'c.yaml') + one));
  });
});

describe('addresses of a Service', () => {
  const service = (clusterIP: string, nodePort: number): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { clusterIP, ports: [{ port: 80, protocol: 'TCP', nodePort }] },
  });
  const release = (ports: string) => ({ manifest: manifest(ports) }) as Release;

  it('given one that was made again, then those that the cluster has given it are taken, and those that the chart names are not', () => {
    const [then, now] = [service('10.0.0.1', 30_001), service('10.0.0.2', 30_002)];
    expect(withGiven(then, now, release('{ port: 80 }'))).toEqual(now);
    expect(withGiven(then, now, release('{ port: 80, nodePort: 30001 }')).spec).toMatchObject({
      clusterIP: '10.0.0.2',
      ports: [{ nodePort: 30_001 }],
    });
  });

  it('given nothing in its place, then it has no addresses, unless it has none by intention', () => {
    expect(withGiven(service('10.0.0.1', 30_001), undefined, release('{ port: 80 }')).spec).toEqual({
      ports: [{ port: 80, protocol: 'TCP' }],
    });
    expect(withGiven(service('None', 30_001), undefined, release('')).spec).toMatchObject({ clusterIP: 'None' });
  });
});
