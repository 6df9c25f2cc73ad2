import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { clusterOfFile, hasCluster, hasFakeNodes } from '../services/cluster.js';
import { startNodes } from '../services/kubelet.js';
import { stageRelease } from '../support/helm.js';
import { cleanEnv, SHIP } from '../support/ship.js';

/** A hook that no node takes, so that it never ends. */
const NEVER = { name: 'wait', on: 'pre-upgrade', node: { no: 'node' } };

/** Its hook ends by Helm's own deadline. */
const AS_KILLED = { VERSION: '2', TIMEOUT: '30s' };

const SCALER = JSON.stringify({
  apiVersion: 'autoscaling/v1',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 5 },
});

/** The groups of processes that the newest run has started. */
function startedIn(cwd: string): number[] {
  const runs = join(cwd, '.speckit/runs/staging');
  const journal = readFileSync(join(runs, readdirSync(runs).sort().at(-1)!, 'journal.jsonl'), 'utf8');
  return journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; process?: { pgid: number } })
    .flatMap(({ process: started }) => (started === undefined ? [] : [started.pgid]));
}

describe.skipIf(!hasCluster() || !hasFakeNodes())(
  'releases of Helm that somebody else or a crash has touched',
  { timeout: 240_000 },
  () => {
    const cluster = clusterOfFile(async (started, atEnd) => {
      await startNodes(started, { nodes: 2 }, atEnd);
      return started;
    });

    describe.each([3, 4] as const)('with Helm %i', (helm) => {
      describe.each(['still runs', 'is dead, too'])('given ship that is killed in the middle of `helm upgrade`, which %s', (fate) => {
        const killed = async () => {
          const it = await stageRelease(cluster(), helm);
          await it.live('1');
          const before = await it.all();
          it.set({ image: 'shop:2', greeting: 'bye', hook: NEVER });
          const env = cleanEnv({ ...it.env, ...AS_KILLED });
          const child = spawn(process.execPath, [SHIP], { cwd: it.cwd, env, stdio: 'ignore' });
          await expect.poll(() => it.statuses(), { timeout: 30_000 }).toBe('deployed pending-upgrade');
          child.kill('SIGKILL');
          if (fate === 'is dead, too')
            for (const group of startedIn(it.cwd))
              try {
                process.kill(-group, 'SIGKILL');
              } catch {
                // It has ended.
              }
          return { ...it, before };
        };

        it('when it is recovered back, then all objects are what they were', async () => {
          const it = await killed();
          const { report, stderr } = await it.run(['recover', '--back'], AS_KILLED);
          expect(report.status, stderr).toBe('rolled_back');
          expect(await it.all()).toEqual(it.before);
          expect(await it.statuses()).toMatch(/deployed$/);
        });

        it('when it is recovered forward, then the new version is live', async () => {
          const it = await killed();
          it.set({ image: 'shop:2', greeting: 'bye' });
          const { report, stderr } = await it.run(['recover', '--forward'], AS_KILLED);
          expect(report.status, stderr).toBe('succeeded');
          expect([await it.image(), await it.greeting()]).toEqual(['shop:2', 'bye']);
          expect(await it.statuses()).toMatch(/deployed$/);
        });
      });

      it('given a revision that somebody else has left pending, when it is deployed, then that is refused, and nothing is changed', async () => {
        const it = await stageRelease(cluster(), helm);
        await it.live('1');
        it.set({ image: 'shop:2', hook: NEVER });
        await it.helm(['upgrade', 'web', join(it.cwd, 'chart'), `--values=${join(it.cwd, 'values.json')}`], 4_000);
        expect(await it.statuses()).toContain('pending-upgrade');
        const before = await it.all();
        const { report, stderr } = await it.deploy('3', { image: 'shop:3' }, ['--auto-rollback']);
        expect(report.failure?.message, stderr).toMatch(/web is pending-upgrade since .*by somebody else/);
        expect(await it.all()).toEqual(before);
        expect(await it.statuses()).toContain('pending-upgrade');
      });

      it('given replicas that an autoscaler sets, when it is deployed and goes back, then they stay what they are', async () => {
        const it = await stageRelease(cluster(), helm);
        await it.live('1');
        await cluster().apply(SCALER, it.namespace);
        await it.kubectl('scale', 'deployment/web', '--replicas=4');
        await it.kubectl('rollout', 'status', 'deployment/web');
        const before = await it.all();
        const { report, stderr } = await it.back({ image: 'shop:2', greeting: 'bye' });
        expect(report.status, stderr).toBe('rolled_back');
        expect(await it.text('.spec.replicas')).toBe('4');
        expect(await it.all()).toEqual(before);
      });

      it('given replicas that a person has set before, when it goes back, then they are what they were', async () => {
        const it = await stageRelease(cluster(), helm);
        await it.live('1');
        await it.kubectl('scale', 'deployment/web', '--replicas=4');
        await it.kubectl('rollout', 'status', 'deployment/web');
        const before = await it.all();
        const { report, stderr } = await it.back({ image: 'shop:2' });
        expect(report.status, stderr).toBe('rolled_back');
        expect(await it.all()).toEqual(before);
        // Nobody is in the way of the next upgrade.
        await it
          .helm(['upgrade', 'web', join(it.cwd, 'chart'), '--set=replicas=3'])
          .then(({ code, stderr: said }) => expect(code, said).toBe(0));
      });

      it('given a pod that was started with the newer configuration, when it goes back, then it is started again', async () => {
        const it = await stageRelease(cluster(), helm);
        await it.live('1', { replicas: 1 });
        await it.live('2', { replicas: 1, greeting: 'bye' });
        await it.kubectl('delete', 'pods', '--selector=app=web');
        await it.kubectl('rollout', 'status', 'deployment/web');
        const pod = await it.pods();
        const { report, stderr } = await it.run(['rollback'], { VERSION: '2' });
        expect(report.status, stderr).toBe('rolled_back');
        expect(stderr).toContain('was started again, with the configuration of before');
        expect(await it.pods()).not.toBe(pod);
        expect(await it.greeting()).toBe('hello');
      });

      it('given a revision that is gone from the history of Helm, when it is gone back to, then all objects are what they were', async () => {
        const it = await stageRelease(cluster(), helm);
        await it.live('1', { account: 'old' });
        const before = await it.all();
        await it.live('2', { image: 'shop:2', greeting: 'bye' });
        await it.kubectl('delete', 'secret', 'sh.helm.release.v1.web.v1');
        const { report, stderr } = await it.run(['rollback'], { VERSION: '2' });
        expect(report.status, stderr).toBe('rolled_back');
        expect(stderr).toContain("revision 1 is gone from Helm's history");
        expect(await it.all()).toEqual(before);
        const { stdout } = await it.helm(['get', 'values', 'web', '--all', '--output=json']);
        expect(JSON.parse(stdout)).toMatchObject({ account: 'old', service: true, image: 'shop:1' });
      });

      it('given a version that many failed ones came after, when each goes back, then it is still known which one is live', async () => {
        const it = await stageRelease(cluster(), helm);
        await it.live('1');
        for (const version of ['2', '3']) expect((await it.back({ image: `shop:${version}` }, version)).report.status).toBe('rolled_back');
        await it.kubectl('delete', 'secret', 'sh.helm.release.v1.web.v1');
        const { report, stderr } = await it.back({ image: 'shop:4' }, '4');
        expect(report.status, stderr).toBe('rolled_back');
        expect(await it.image()).toBe('shop:1');
      });

      it('given a version that is live, then its snapshot has its values in a file, those that were given and all others', async () => {
        const it = await stageRelease(cluster(), helm);
        await it.live('1', { greeting: 'bye' });
        const folder = join(it.cwd, '.speckit/snapshots/staging');
        const name = readdirSync(folder).find((each) => /^helm-.*\.yaml$/.test(each))!;
        expect(parse(readFileSync(join(folder, name), 'utf8'))).toMatchObject({
          web: { release: 'web', revision: 1, values: { greeting: 'bye' }, computed: { image: 'shop:1', greeting: 'bye', replicas: 2 } },
        });
      });

      it('given hooks, when a version goes back, then it is said that what they have done is irreversible', async () => {
        const it = await stageRelease(cluster(), helm);
        await it.live('1', { hook: { name: 'back', on: 'post-rollback' } });
        const before = await it.all();
        const { report, stderr } = await it.back({ image: 'shop:2', hook: { name: 'migrate', on: 'pre-upgrade' } });
        expect(report.status, stderr).toBe('rolled_back');
        expect(stderr + JSON.stringify(report)).toMatch(/Job migrate \(pre-upgrade\) has run, and what it did is irreversible/);
        expect(stderr + JSON.stringify(report)).toMatch(/Job back \(post-rollback\) runs, and what it does is irreversible/);
        expect(await it.all()).toEqual(before);
      });

      describe('given a change by another hand in between', () => {
        it('when it is of a field that was there, then it is overwritten, and said', async () => {
          const it = await stageRelease(cluster(), helm);
          await it.live('1');
          const before = await it.all();
          await it.live('2', { image: 'shop:2' });
          await it.kubectl('scale', 'deployment/web', '--replicas=3');
          await it.kubectl('patch', 'configmap', 'web', '--field-manager=boss', '-p', '{"data":{"greeting":"mine"}}');
          const { report, stderr } = await it.run(['rollback'], { VERSION: '2' });
          expect(report.status, stderr).toBe('rolled_back');
          expect(stderr).toContain('Deployment web had 3 replicas, and has 2 again');
          expect(stderr).toContain('overwritten: ConfigMap web: boss has set .data.greeting');
          expect(await it.all()).toEqual(before);
        });

        it('when it is a new field, then it stays, and the rollback is not called one', async () => {
          const it = await stageRelease(cluster(), helm);
          await it.live('1');
          await it.live('2', { image: 'shop:2' });
          await it.kubectl('set', 'env', 'deployment/web', 'BY_HAND=1');
          const { report, stderr } = await it.run(['rollback'], { VERSION: '2' });
          expect(report.status, stderr).toBe('rollback_incomplete');
          expect(stderr).toMatch(/containers\[web\]\.env is there, and was not.*set by kubectl-set/);
          expect(await it.image()).toBe('shop:1');
        });
      });
    });

    it('given a field that another manager has set, when Helm 4 is to set it, then its name is said, and all objects are what they were', async () => {
      const it = await stageRelease(cluster(), 4);
      await it.live('1');
      await it.kubectl('patch', 'configmap', 'web', '--field-manager=boss', '-p', '{"data":{"greeting":"mine"}}');
      const before = await it.all();
      const { report, stderr } = await it.deploy('2', { image: 'shop:2', greeting: 'bye' }, ['--auto-rollback']);
      expect(report.failure?.message, stderr).toMatch(/conflict.*"boss".*\.data\.greeting/s);
      expect(report.status, stderr).toBe('rolled_back');
      expect(await it.all()).toEqual(before);
    });
  },
);
