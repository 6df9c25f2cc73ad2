import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPrometheus } from './services/prometheus.js';
import { hasProgram } from './services/started.js';
import { shipJson, temporaryFolder } from './support/ship.js';

/** A service that tells its metrics: requests and errors so far, and a latency. */
async function startService() {
  const told = { requests: 0, errors: 0, latency: 0.05 };
  const server = createServer((_, response) => {
    response.end(`requests_total ${told.requests}\nerrors_total ${told.errors}\nlatency_seconds ${told.latency}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { told, port: (server.address() as { port: number }).port };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function project(checks: string): string {
  const cwd = temporaryFolder();
  writeFileSync(
    join(cwd, 'ship.yaml'),
    `version: 1\nproject: shop\nsteps: [{ id: a, run: "true", undo: "true" }]\nverify:\n  acceptance:\n${checks}`,
  );
  return cwd;
}

describe.skipIf(!hasProgram('prometheus'))('metrics, from a real Prometheus', () => {
  it('given errors that rise and a latency that doubles, when a run is verified, then each is classified by what it is; before that both hold', async () => {
    const { told, port } = await startService();
    const prometheus = await startPrometheus(port);
    const beat = setInterval(() => {
      told.requests += 10;
      if (told.latency > 0.05) told.errors += 5;
    }, 100);
    onTestFinished(() => clearInterval(beat));
    await pause(8_000);
    const ratio = `sum(rate(errors_total[1s])) / sum(rate(requests_total[1s]))`;
    const errorRate = project(`    - { error_rate: { prometheus: "${prometheus}", query: "${ratio}" }, expect: { max: 0.05 } }\n`);
    const latency = project(
      `    - { latency: { prometheus: "${prometheus}", query: latency_seconds }, expect: { baseline: { offset: 7s, times: 1.5 } } }\n`,
    );
    expect((await shipJson([], { cwd: errorRate })).report).toMatchObject({ status: 'succeeded' });
    expect((await shipJson([], { cwd: latency })).report).toMatchObject({ status: 'succeeded' });

    told.latency = 0.2;
    await pause(1_500);

    const slow = await shipJson(['--auto-rollback'], { cwd: latency });
    expect(slow.report).toMatchObject({
      failure: { trigger: 'latency_degradation', message: expect.stringContaining('1.5 times the 0.05 of 7s ago') },
    });
    const spike = await shipJson(['--auto-rollback'], { cwd: errorRate });
    expect(spike.report).toMatchObject({
      exit_code: 1,
      failure: { trigger: 'error_rate_spike', severity: 'HIGH', message: expect.stringContaining('expected at most 0.05') },
    });
  }, 60_000);

  it('given no data, several series, a query that is none, and nobody who answers, when a run is verified, then inconclusive twice and errored twice', async () => {
    const { port } = await startService();
    const prometheus = await startPrometheus(port);
    await pause(800);
    const check = (at: string, query: string) => `    - { error_rate: { prometheus: "${at}", query: '${query}' }, expect: { max: 1 } }\n`;
    const cwd = project(
      [
        check(prometheus, 'nothing_total'),
        check(prometheus, '{__name__=~".*_total"}'),
        check(prometheus, 'sum('),
        check('http://127.0.0.1:18', 'up'),
      ].join(''),
    );
    const { report } = await shipJson(['--no-rollback'], { cwd });
    expect(report.verification.acceptance!.checks.map(({ outcome }) => outcome)).toEqual([
      'inconclusive',
      'inconclusive',
      'errored',
      'errored',
    ]);
    const details = report.verification.acceptance!.checks.map(({ detail }) => detail);
    expect(details[0]).toContain('no data');
    expect(details[1]).toMatch(/\d+ series/);
    expect(details[2]).toContain('parse error');
    expect(details[3]).toContain('ECONNREFUSED');
  }, 60_000);
});
