import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import type { Context } from '@ship/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpCheck, tcpCheck } from '../src/checks.js';

const ctx = (more: Partial<Context> = {}) =>
  ({ environment: 'staging', signal: new AbortController().signal, redact: (text: string) => text, ...more }) as Context;

describe('http check', () => {
  /** A real server: /NNN answers that status, /slow after 200 ms, /endless never ends. */
  async function server(): Promise<string> {
    const listening = createServer((request, response) => {
      if (request.url === '/endless') return void response.write('x');
      const answer = () =>
        response
          .writeHead(Number(request.url!.slice(1)) || 200, { 'x-version': 'v2', location: '/500' })
          .end(`hello ${request.method} ${request.headers['x-key'] ?? ''}`);
      setTimeout(answer, request.url === '/slow' ? 200 : 0);
    });
    await new Promise<void>((yes) => listening.listen(0, '127.0.0.1', yes));
    onTestFinished(() => {
      listening.closeAllConnections();
      listening.close();
    });
    return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  }

  it.each<[string, (url: string) => Parameters<typeof httpCheck.run>[1], string, RegExp]>([
    ['a good status', (url) => ({ http: url }), 'passed', /^status 200 in \d+ ms$/],
    ['a redirect, which is not followed', (url) => ({ http: `${url}/302` }), 'passed', /302/],
    ['a bad status', (url) => ({ http: `${url}/503` }), 'failed', /^status 503, expected 200 to 399\n {2}\| hello GET/],
    ['a bad status that is expected', (url) => ({ http: `${url}/404`, expect: { status: [200, 404] } }), 'passed', /404/],
    ['another status than expected', (url) => ({ http: url, expect: { status: 201 } }), 'failed', /status 200, expected 201/],
    ['a body that holds the text', (url) => ({ http: url, expect: { body: 'hello' } }), 'passed', /200/],
    ['a body that does not', (url) => ({ http: url, expect: { body: 'bye' } }), 'failed', /does not contain "bye"/],
    ['a body that matches', (url) => ({ http: url, expect: { body: { matches: '^hel+o' } } }), 'passed', /200/],
    ['a body that does not match', (url) => ({ http: url, expect: { body: { matches: '^bye' } } }), 'failed', /does not match \^bye/],
    ['a header', (url) => ({ http: url, expect: { header: { 'X-Version': 'v2' } } }), 'passed', /200/],
    [
      'another header',
      (url) => ({ http: url, expect: { header: { 'X-Version': 'v3', missing: 'x' } } }),
      'failed',
      /header X-Version is "v2", expected "v3"; header missing is null/,
    ],
    [
      'an answer that is too slow',
      (url) => ({ http: `${url}/slow`, expect: { latency_ms: 50 } }),
      'failed',
      /took \d+ ms, expected at most 50/,
    ],
    [
      'a method, headers and a body',
      (url) => ({ http: { url, method: 'POST', headers: { 'x-key': 'k' }, body: 'b' }, expect: { body: 'hello POST k' } }),
      'passed',
      /200/,
    ],
    ['nobody there', () => ({ http: 'http://127.0.0.1:1/' }), 'errored', /ECONNREFUSED/],
    ['a host that nobody can find', () => ({ http: 'http://nobody.invalid/' }), 'errored', /ENOTFOUND|EAI_AGAIN/],
  ])('given %s, when it is asked, then the outcome and its reason fit', async (_, input, outcome, detail) => {
    const result = await httpCheck.run(ctx(), input(await server()));
    expect(result.outcome).toBe(outcome);
    expect(result.detail).toMatch(detail);
  });

  it('given a body that never ends, when the deadline passes, then its reason is thrown', async () => {
    const signal = AbortSignal.timeout(50);
    await expect(httpCheck.run(ctx({ signal }), { http: `${await server()}/endless` })).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('tcp check', () => {
  it('given a port where somebody listens, and one where nobody does, when they are asked, then passed and failed', async () => {
    const listening = createTcpServer();
    await new Promise<void>((yes) => listening.listen(0, '127.0.0.1', yes));
    onTestFinished(() => void listening.close());
    expect(await tcpCheck.run(ctx(), { tcp: `127.0.0.1:${(listening.address() as AddressInfo).port}` })).toEqual({ outcome: 'passed' });
    expect(await tcpCheck.run(ctx(), { tcp: '127.0.0.1:1' })).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(tcpCheck.run(ctx(), { tcp: '127.0.0.1:99999' })).rejects.toThrow(/port/i);
  });
});
