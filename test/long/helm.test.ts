import { describe, expect, it } from 'vitest';
import { clusterOfFile, hasCluster, hasFakeNodes } from '../services/cluster.js';
import { startNodes } from '../services/kubelet.js';
import { stageRelease, type Values, withoutAddresses } from '../support/helm.js';

describe.skipIf(!hasCluster() || !hasFakeNodes())('releases of Helm', { timeout: 240_000 }, () => {
  const cluster = clusterOfFile(async (started, atEnd) => {
    await startNodes(started, { nodes: 2 }, atEnd);
    return started;
  });

  describe.each([3, 4] as const)('with Helm %i', (helm) => {
    it.each<[string, Values, Values]>([
      ['image, values and configuration are others', {}, { image: 'shop:2', replicas: 3, greeting: 'bye' }],
      ['only a ConfigMap is another one', {}, { greeting: 'bye' }],
      ['an object is new', {}, { account: 'new' }],
      ['an object is gone', { account: 'old' }, {}],
      ['a Service is gone', {}, { service: false, image: 'shop:2' }],
    ])('given a version in which %s, when a later step fails, then all objects are what they were', async (_, one, two) => {
      const it = await stageRelease(cluster(), helm);
      await it.live('1', one);
      const [before, pods] = [await it.all(), await it.pods()];
      const { report, stderr } = await it.back(two);
      expect(report.status, stderr).toBe('rolled_back');
      expect(stderr).toMatch(/web: 2 -> 1/);
      expect(withoutAddresses(await it.all())).toEqual(withoutAddresses(before));
      if (two.image === undefined) expect(await it.pods()).toBe(pods);
    });

    it.each([
      ['shop:unready', 'is not ready after', '6s'],
      ['shop:crash', 'CrashLoopBackOff', '60s'],
      ['shop:oom', 'OOMKilled', '60s'],
      ['shop:missing', 'ErrImagePull|ImagePullBackOff', '60s'],
      ['shop:config', 'CreateContainerConfigError', '60s'],
    ])(
      'given the image %s, when it is rolled out, then that is seen, and all objects are what they were',
      async (image, reason, timeout) => {
        const it = await stageRelease(cluster(), helm);
        await it.live('1');
        const before = await it.all();
        const { report, stderr } = await it.deploy('2', { image }, ['--auto-rollback'], { TIMEOUT: timeout });
        expect(report.status, stderr).toBe('rolled_back');
        expect(report.failure?.message).toMatch(new RegExp(reason));
        expect(JSON.stringify(report)).toMatch(/Available=.*pod web-/);
        expect(await it.all()).toEqual(before);
      },
    );

    it('given a quota that has no room for another pod, when it is rolled out, then that is said, and all objects are what they were', async () => {
      const it = await stageRelease(cluster(), helm);
      await it.live('1');
      const before = await it.all();
      await it.kubectl('create', 'quota', 'small', '--hard=pods=2');
      await expect.poll(() => it.kubectl('get', 'quota/small', '-o', 'jsonpath={.status.used.pods}'), { timeout: 20_000 }).toBe('2');
      const { report, stderr } = await it.deploy('2', { image: 'shop:2' }, ['--auto-rollback']);
      expect(report.status, stderr).toBe('rolled_back');
      expect(report.failure?.message).toContain('exceeded quota: small');
      expect(await it.all()).toEqual(before);
    });

    it('given a user who may not make what is new, when it is deployed, then that is refused, and the permission is named', async () => {
      const it = await stageRelease(cluster(), helm);
      await it.live('1');
      const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
      await it.as(
        await cluster().user(it.namespace, [
          { apiGroups: ['', 'apps', 'autoscaling'], resources: ['*'], verbs: ['get', 'list', 'watch'] },
          { apiGroups: ['', 'apps'], resources: ['secrets', 'configmaps', 'services', 'deployments'], verbs: all },
        ]),
      );
      const before = await it.all();
      const { report, stderr } = await it.deploy('2', { account: 'new', image: 'shop:2' }, ['--auto-rollback']);
      expect(report, stderr).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_PLAN_REFUSED' }] });
      expect(report.errors[0]?.message).toMatch(/serviceaccounts \(create, patch, update, delete\)/);
      expect(await it.all()).toEqual(before);
    });

    it('given a first installation that fails, then nothing of it is there', async () => {
      const it = await stageRelease(cluster(), helm);
      const { report, stderr } = await it.deploy('1', { image: 'shop:missing' }, ['--auto-rollback']);
      expect(report.status, stderr).toBe('rolled_back');
      expect(await it.all()).toEqual([]);
      expect(await it.statuses()).toBe('');
    });

    it('given a first installation with a claim of a volume, when it goes back, then the claim stays, and that is said', async () => {
      const it = await stageRelease(cluster(), helm);
      const { report, stderr } = await it.back({ claims: ['data'] });
      expect(stderr).toContain('PersistentVolumeClaim data stays, with what was written into it');
      expect((await it.all()).map(({ kind }) => kind)).toEqual(['PersistentVolumeClaim']);
      expect(await it.statuses()).toBe('');
      expect(report.status, stderr).toBe('rolled_back');
    });

    it('given a chart that has a claim of a volume no more, when it is deployed, then the claim stays, and the way back has it as it was', async () => {
      const it = await stageRelease(cluster(), helm);
      await it.live('1', { claims: ['data'] });
      const before = await it.all();
      const uid = await it.kubectl('get', 'pvc/data', '-o', 'jsonpath={.metadata.uid}');
      const { report, stderr } = await it.back({ image: 'shop:2' });
      expect(stderr).toContain('PersistentVolumeClaim data is in the chart no more, and stays, with what was written into it');
      expect(report.status, stderr).toBe('rolled_back');
      expect(await it.all()).toEqual(before);
      expect(await it.kubectl('get', 'pvc/data', '-o', 'jsonpath={.metadata.uid}')).toBe(uid);
    });

    it('given an upgrade with a claim of a volume, when it goes back, then the claim stays, and all else is what it was', async () => {
      const it = await stageRelease(cluster(), helm);
      await it.live('1');
      const before = await it.all();
      const { stderr } = await it.back({ claims: ['data'], image: 'shop:2' });
      expect(stderr).toContain('PersistentVolumeClaim data stays, with what was written into it');
      expect((await it.all()).filter(({ kind }) => kind !== 'PersistentVolumeClaim')).toEqual(before);
      expect(await it.kubectl('get', 'pvc', '-o', 'name')).toContain('data');
    });
  });
});
