import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterOfFile, hasCluster, hasFakeNodes } from '../services/cluster.js';
import { startNodes } from '../services/kubelet.js';
import { type ChartCase, chartCases, copyChart, oneValue } from '../support/charts-of.js';
import { clusterObjects } from '../support/cluster-objects.js';
import { stageRelease, withoutAddresses } from '../support/helm.js';

/** A folder of charts, such as that of prometheus-community/helm-charts. None is part of this repository. */
const FOLDER = process.env.SHIP_TEST_CHARTS;
const HELM = process.env.SHIP_TEST_HELM === '3' ? 3 : 4;
/** One JSON a line. */
const RESULTS = process.env.SHIP_TEST_CHARTS_RESULTS;
const LIMIT = Number(process.env.SHIP_TEST_CHARTS_MINUTES ?? 60) * 60_000;
const AT_ONCE = 3;

/** `not held`: this cluster takes it not even from Helm. `incomplete`: ship says that it is not back. `wrong`: ship says that it is, and it is not. */
type Outcome = 'proven' | 'not held' | 'not ready' | 'no value' | 'incomplete' | 'wrong' | 'failed';

interface Result {
  readonly case: string;
  readonly outcome: Outcome;
  readonly why: string;
}

describe.skipIf(FOLDER === undefined || !hasCluster() || !hasFakeNodes())('charts of others', { timeout: LIMIT + 600_000 }, () => {
  const cluster = clusterOfFile(async (started, atEnd) => {
    await startNodes(started, { nodes: 2 }, atEnd);
    return started;
  });

  async function tryChart(each: ChartCase, at: number): Promise<Omit<Result, 'case'>> {
    const it = await stageRelease(cluster(), HELM, { timeout: '90s', isUnique: true });
    try {
      return await tryIn(it, each, at);
    } finally {
      await it.helm(['uninstall', it.release]);
    }
  }

  async function tryIn(
    it: Awaited<ReturnType<typeof stageRelease>>,
    { chart, values }: ChartCase,
    at: number,
  ): Promise<Omit<Result, 'case'>> {
    const folder = join(it.cwd, 'chart');
    const missing = copyChart(chart, folder);
    if (missing !== undefined) return { outcome: 'not held', why: `it depends on ${missing}, which is not there` };
    const files = values === undefined ? [] : [`--values=${values}`];
    const rendered = await it.helm(['install', it.release, folder, ...files, '--dry-run=server']);
    if (rendered.code !== 0) return { outcome: 'not held', why: rendered.stderr };
    it.values(...(values === undefined ? [] : [values]));
    const first = await it.deploy('1', {});
    if (first.report.status !== 'succeeded') {
      const why = first.report.failure?.message ?? first.stderr;
      return { outcome: /^helm upgrade/.test(why) ? 'not held' : 'not ready', why };
    }
    const all = async () => withoutAddresses([...(await it.all()), ...(await clusterObjects(it.kubectl, it.release))]);
    const before = await all();
    const template = async (change: object) => {
      it.set(change);
      return (await it.helm(['template', it.release, folder, ...files, `--values=${join(it.cwd, 'values.json')}`])).stdout;
    };
    const same = await template({});
    const changes = oneValue(it.release);
    writeFileSync(join(it.cwd, 'broken'), '');
    // Each begins with another change, so that all of them are seen.
    for (const change of [...changes.slice(at % changes.length), ...changes]) {
      const other = await template(change);
      if (other === '' || other === same) continue;
      const { report, stderr } = await it.deploy('2', change, ['--auto-rollback']);
      const left = differing(before, await all());
      const why = `${JSON.stringify(change)}: ${report.failure?.step} ${report.failure?.message}; ${left.join(', ')}; ${stderr.slice(-1_500)}`;
      if (report.status === 'rolled_back')
        return left.length === 0 ? { outcome: 'proven', why: JSON.stringify(change) } : { outcome: 'wrong', why };
      return { outcome: report.status === 'rollback_incomplete' ? 'incomplete' : 'failed', why };
    }
    return { outcome: 'no value', why: 'none of the values that are tried changes anything' };
  }

  it('given each chart, when one value is changed and a later step fails, then none is falsely called what it was', async () => {
    const until = Date.now() + LIMIT;
    const open = [...chartCases(FOLDER!).entries()];
    const results: Result[] = [];
    const work = async () => {
      for (let next = open.shift(); next !== undefined && Date.now() < until; next = open.shift()) {
        const [at, each] = next;
        const ended = await tryChart(each, at).catch(
          (error: Error): Omit<Result, 'case'> => ({ outcome: 'failed', why: error.stack ?? error.message }),
        );
        results.push({ case: each.name, ...ended });
        if (RESULTS !== undefined) appendFileSync(RESULTS, `${JSON.stringify(results.at(-1))}\n`);
      }
    };
    if (RESULTS !== undefined) writeFileSync(RESULTS, '');
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ outcome }) => outcome === 'wrong' || outcome === 'failed')).toEqual([]);
  });
});

/** The names of objects that are not the same in both. */
function differing(one: readonly object[], other: readonly object[]): string[] {
  const byName = (objects: readonly object[]) =>
    new Map(
      objects.map((each) => [
        `${(each as { kind: string }).kind} ${(each as { metadata: { name: string } }).metadata.name}`,
        JSON.stringify(each),
      ]),
    );
  const [then, now] = [byName(one), byName(other)];
  return [...new Set([...then.keys(), ...now.keys()])].filter((name) => then.get(name) !== now.get(name));
}
