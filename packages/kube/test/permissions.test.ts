import { describe, expect, it } from 'vitest';
import { Cluster } from '../src/index.js';
import { demandPermissions } from '../src/permissions.js';

const RESOURCES = `configmaps  cm  v1  true  ConfigMap
namespaces  ns  v1  false  Namespace
deployments  deploy  apps/v1  true  Deployment
`;

/** A kubectl that answers with these statuses, by verb and resource; all else is allowed. */
function cluster(statuses: Record<string, object>): { cluster: Cluster; asked: string[][] } {
  const asked: string[][] = [];
  const exec = async ([, ...words]: readonly string[], { input = '' }: { input?: string } = {}) => {
    asked.push(words);
    const answer = (stdout: string, stderr = '') => ({ stdout, stderr, exitCode: stderr === '' ? 0 : 1 }) as never;
    if (words[0] === 'api-resources') return answer(RESOURCES);
    if (words[0] === 'get') return answer('', 'Error from server (Forbidden): forbidden: User "jo" cannot get path "/ship-whoami"');
    const { items } = JSON.parse(input) as { items: { spec: { resourceAttributes: { verb: string; resource: string } } }[] };
    const lines = items.map(({ spec: { resourceAttributes: each } }) =>
      [JSON.stringify(each), JSON.stringify(statuses[`${each.verb} ${each.resource}`] ?? { allowed: true })].join('\t'),
    );
    return answer(`${lines.join('\n')}\n`);
  };
  return { cluster: new Cluster({ exec }, { context: 'test', namespace: 'shop' }), asked };
}

const WANTED = [
  { apiVersion: 'v1', kind: 'ConfigMap', verbs: ['get', 'update'] },
  { apiVersion: 'apps/v1', kind: 'Deployment', verbs: ['update', 'delete'] },
  { apiVersion: 'v1', kind: 'Namespace', verbs: ['create'] },
  { apiVersion: 'example.com/v1', kind: 'Unknown', verbs: ['get'] },
];

describe('permissions', () => {
  it('given that all is allowed, when it is asked, then by two processes, and nothing is said', async () => {
    const { cluster: all, asked } = cluster({});
    expect(await demandPermissions(all, 'web', WANTED)).toEqual([]);
    expect(asked).toHaveLength(2);
  });

  it('given several that are missing, when it is asked, then one error names all, whose they are, and the rules', async () => {
    const no = { allowed: false };
    const { cluster: some } = cluster({
      'update configmaps': no,
      'update deployments': no,
      'delete deployments': no,
      'create namespaces': no,
    });
    await expect(demandPermissions(some, 'web', WANTED)).rejects.toMatchObject({
      code: 'SHIP_KUBE_FORBIDDEN',
      message:
        'jo may not do what web needs, now or on the way back: namespaces (create) in all of test; a ClusterRole would allow it: ' +
        'rules: [{ apiGroups: [""], resources: ["namespaces"], verbs: ["create"] }]; ' +
        'configmaps (update), deployments.apps (update, delete) in test/shop; a Role in shop would allow it: ' +
        'rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["update"] }, ' +
        '{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["update", "delete"] }]',
    });
  });

  it('given an authoriser that cannot say, when it is asked, then that is no no', async () => {
    const { cluster: some } = cluster({ 'get configmaps': { allowed: false, evaluationError: 'webhook: no answer' } });
    expect(await demandPermissions(some, 'web', WANTED)).toEqual([{ verb: 'get', group: '', resource: 'configmaps', namespace: 'shop' }]);
    const { cluster: denied } = cluster({ 'get configmaps': { allowed: false, denied: true, evaluationError: 'x' } });
    await expect(demandPermissions(denied, 'web', WANTED)).rejects.toMatchObject({ code: 'SHIP_KUBE_FORBIDDEN' });
  });
});
