import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { harness } from '@ship/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import prometheus from '../src/index.js';

/** What a query is answered: a document, or a text that is none. */
type Answer = object | string;
const vector = (...values: string[]): Answer => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [0, value] })) },
});
const scalar = (value: string): Answer => ({ status: 'success', data: { resultType: 'scalar', result: [0, value] } });

/** Answers in the words of Prometheus, once as of now and once as of then; the real one is asked in test/prometheus.test.ts. */
async function answering(now: Answer, then: Answer = now) {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    asked.push(url);
    const answer = url.searchParams.has('time') ? then : now;
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** Runs a config that does nothing but ask. */
async function verified(check: object, suite = 'acceptance') {
  const act = { name: 't', ship: '^1', apply: (ship: Parameters<typeof prometheus.apply>[0]) => ship.action('ok', { run: () => null }) };
  const config = `steps: [{ id: a, uses: t/ok }]\nverify: { ${suite}: [${JSON.stringify(check)}] }`;
  const { run } = await harness({ plugins: [prometheus, act], config, flags: { rollback: false } });
  const report = await run();
  return { report, check: report.verification[suite as 'acceptance']!.checks[0]! };
}

describe('the checks error_rate and latency', () => {
  it.each<[string, Answer, Answer, object, string, string]>([
    ['at its limit', vector('0.02'), '', { max: 0.02 }, 'passed', '0.02'],
    ['above its limit', vector('0.0201'), '', { max: 0.02 }, 'failed', '0.0201, expected at most 0.02'],
    ['that is a scalar', scalar('3'), '', { max: 4 }, 'passed', '3'],
    ['that is as it was', scalar('2'), scalar('1'), { baseline: { offset: '5m', times: 2 } }, 'passed', '2, 1 5m ago'],
    ['above its baseline', scalar('3'), scalar('1'), { baseline: { offset: '5m', times: 2 } }, 'failed', '2 times the 1 of 5m ago'],
    ['above its limit alone', scalar('3'), scalar('3'), { max: 1, baseline: { offset: '5m', times: 2 } }, 'failed', 'at most 1'],
    ['that is none', vector(), '', { max: 1 }, 'inconclusive', 'no data (a vector)'],
    ['that is two', vector('1', '2'), '', { max: 9 }, 'inconclusive', '2 series'],
    ['over no requests', vector('NaN'), '', { max: 1 }, 'inconclusive', 'NaN: no requests, perhaps'],
    ['without end', vector('+Inf'), '', { max: 1 }, 'inconclusive', '+Inf'],
    ['in a matrix', { status: 'success', data: { resultType: 'matrix', result: [] } }, '', { max: 1 }, 'inconclusive', '(a matrix)'],
    ['with no past', scalar('1'), vector(), { baseline: { offset: '5m', times: 2 } }, 'inconclusive', '5m ago: no data'],
    ['in a wrong query', { status: 'error', error: 'parse error' }, '', { max: 1 }, 'errored', 'answers 200: parse error'],
    ['from somebody else', '<html>', '', { max: 1 }, 'errored', 'no answer of Prometheus'],
  ])('given a number %s, when it is asked for, then the check tells so', async (_, now, then, expected, outcome, detail) => {
    const { address } = await answering(now, then);
    const { check } = await verified({ latency: { prometheus: address, query: 'x' }, expect: expected });
    expect(check).toMatchObject({ outcome, detail: expect.stringContaining(detail) });
  });

  it('given a server under a path, and a baseline, when it is asked, then there, with the query as written, and as of then', async () => {
    const { address, asked } = await answering(scalar('1'));
    const started = Date.now() / 1000;
    const query = 'a{b="c d"} / 2';
    const expected = { baseline: { offset: '1.5m', times: 1 } };
    await verified({ error_rate: { prometheus: `${address}/metrics`, query }, expect: expected });
    expect(asked.map(({ pathname }) => pathname)).toEqual(['/metrics/api/v1/query', '/metrics/api/v1/query']);
    expect(asked.map(({ searchParams }) => searchParams.get('query'))).toEqual([query, query]);
    expect(Math.abs(started - 90 - Number(asked[1]!.searchParams.get('time')))).toBeLessThan(10);
  });

  it.each([
    ['error_rate', 'smoke', 'error_rate_spike'],
    ['latency', 'performance', 'latency_degradation'],
  ])('given %s in the suite %s, when it fails, then it sets off %s, which is HIGH', async (name, suite, trigger) => {
    const { address } = await answering(scalar('1'));
    const { report } = await verified({ [name]: { prometheus: address, query: 'x' }, expect: { max: 0 } }, suite);
    expect(report.failure).toMatchObject({ trigger, severity: 'HIGH' });
  });

  it.each<[string, object, object]>([
    ['no query', { prometheus: 'http://a' }, { max: 1 }],
    ['an empty query', { prometheus: 'http://a', query: '' }, { max: 1 }],
    ['an address without http', { prometheus: '127.0.0.1:9090', query: 'x' }, { max: 1 }],
    ['nothing that is expected', { prometheus: 'http://a', query: 'x' }, {}],
    ['a limit that is a text', { prometheus: 'http://a', query: 'x' }, { max: '1' }],
    ['a baseline without times', { prometheus: 'http://a', query: 'x' }, { baseline: { offset: '5m' } }],
    ['a baseline of zero times', { prometheus: 'http://a', query: 'x' }, { baseline: { offset: '5m', times: 0 } }],
    ['an offset without a unit', { prometheus: 'http://a', query: 'x' }, { baseline: { offset: '5', times: 1 } }],
  ])('given %s, when it is planned, then it is refused', async (_, query, expected) => {
    await expect(verified({ latency: query, expect: expected })).rejects.toMatchObject({ code: expect.stringMatching(/^SHIP_CONFIG_/) });
  });
});
