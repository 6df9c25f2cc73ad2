import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Report } from '@ship/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { project, runProgram, SHIP, ship } from '../support/ship.js';
import { attemptsIn } from './figures.js';

const { attempt } = attemptsIn('patterns that take for ever, and Ctrl-C');

const PAGES: Record<string, string> = { '/x': 'x'.repeat(20_000), '/ok': 'ok '.repeat(340_000), '/up': '{"status": "up"}' };
const server = createServer((request, response) => response.end(PAGES[request.url ?? ''] ?? ''));
let origin = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const config = (page: string, pattern: string, timeout = '500ms') =>
  project(
    `version: 1\nproject: re\nsteps: [{ id: a, run: "true" }]\nverify: { smoke: [{ http: "${origin}${page}", timeout: ${timeout}, expect: { body: { matches: ${JSON.stringify(pattern)} } } }] }\n`,
  );
const checkOf = (stdout: string) => (JSON.parse(stdout) as Report).verification.smoke!.checks[0]!;

const ENDLESS = [
  ['/x', 'x*x*x*x*y'],
  ['/x', '(x+x+)+y'],
  ['/x', '(?:x|x)*y'],
  ['/x', '(x?){50}x{50}y'],
  ['/x', '^(x|xx)+y'],
  ['/x', '(.*)*z'],
  ['/x', 'x{1,9}x{1,9}x{1,9}x{1,9}x{1,9}x{1,9}x{1,9}x{1,9}y'],
  ['/x', '(x*)\\1\\1\\1y'],
  ['/x', '((x)|(x)){9}((x)|x){9}(x|x){9}y'],
  ['/x', '(x{1,1000}){1,1000}y'],
  ['/ok', 'ok.*ready'],
] as const;

describe('given a pattern and an answer', () => {
  it.each(ENDLESS)(
    'of %s on which %s takes for ever, then the check ends at its timeout',
    async (page, pattern) => {
      await attempt(async () => {
        const started = performance.now();
        const { code, stdout } = await ship(['--json'], { cwd: config(page, pattern) });
        expect([code, checkOf(stdout).outcome, checkOf(stdout).detail]).toEqual([
          3,
          'errored',
          expect.stringContaining('took longer than'),
        ]);
        expect(performance.now() - started).toBeLessThan(8_000);
      });
    },
    20_000,
  );

  it.each([
    ['/up', '"status":\\s*"up"', 'passed'],
    ['/up', '^(?=.*up)(?!.*down)', 'passed'],
    ['/up', '(a+)+$', 'failed'],
    ['/x', '^x+$', 'passed'],
  ])(
    'of %s for which %s is answered, then it is %s',
    async (page, pattern, outcome) => {
      await attempt(async () =>
        expect(checkOf((await ship(['--json'], { cwd: config(page, pattern, '20s') })).stdout).outcome).toBe(outcome),
      );
    },
    30_000,
  );

  it('when Ctrl-C is pressed while it takes for ever, then ship ends at once', async () => {
    await attempt(async () => {
      const cwd = config('/x', '(x+x+)+y', '60s');
      const started = performance.now();
      const { code } = await runProgram(['timeout', '-s', 'INT', '-k', '10', '2', process.execPath, SHIP], { cwd });
      // `timeout` says 124 where the signal was enough, and 137 where it had to kill.
      expect(code).toBe(124);
      expect(performance.now() - started).toBeLessThan(8_000);
    });
  }, 20_000);
});
