import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HEAD, lines, project, ship, shipJson } from './support/ship.js';

const TOLERANT = `${HEAD}steps:
  - { id: cache, run: "echo cannot reach cache >&2; exit 3", continue_on_error: true }
  - { id: deploy, run: echo ok }
verify: { smoke: [{ run: "true" }, { run: "false", required: false }] }
`;

describe('what a run did without', () => {
  it('given a step and a check that may fail, when they do, then the last line and the history say so, and the job has no error', async () => {
    const cwd = project(TOLERANT);
    const { code, stdout, stderr } = await ship([], { cwd, env: { GITHUB_ACTIONS: 'true' } });
    expect(code).toBe(0);
    expect(lines({ stdout }).at(-1)).toContain('deployed to staging, but step cache and check run false failed');
    expect(`${stdout}${stderr}`).not.toContain('::error');
    expect(stdout).toMatch(/^::warning::.*exited with 3/m);
    expect((await ship(['history'], { cwd })).stdout).toContain('went on although step cache, check run false failed');
    expect((await shipJson(['history'], { cwd })).report.result).toMatchObject([{ without: ['step cache', 'check run false'] }]);
  });

  it('given a failure that stops the run, when it ends, then the job has its error', async () => {
    const cwd = project(`${HEAD}steps: [{ id: a, run: "exit 1" }]\n`);
    for (const args of [[], ['--auto-rollback'], ['--no-rollback']])
      expect((await ship(args, { cwd, env: { GITHUB_ACTIONS: 'true' } })).stdout).toMatch(/^::error title=step_failed::/m);
  });
});

describe('the commands that end a run', () => {
  const FAILING = `${HEAD}steps: [{ id: one, run: touch one, undo: "test -e mended && rm -f one" }, { id: two, run: "exit 3" }]\n`;
  /** The lines after the one that says how the run ended. */
  const below = (stdout: string, said: string) => {
    const all = lines({ stdout });
    return all.slice(all.findIndex((line) => line.includes(said)) + 1).map((line) => line.trim());
  };

  it('given a run that failed and was left, then they go on and back; where rollbacks are off only on', async () => {
    const cwd = project(FAILING);
    const left = await ship(['--env', 'production'], { cwd });
    expect(left.code).toBe(3);
    expect(below(left.stdout, 'left as it is')).toEqual([
      'ship resume --env production goes on after the last finished step',
      'ship rollback --env production takes the run back',
    ]);
    const off = project(`${FAILING}optimization: { rollback: { enabled: false } }\n`);
    expect(below((await ship([], { cwd: off })).stdout, 'left as it is')).toEqual(['ship resume    goes on after the last finished step']);
  });

  it('given a rollback that is incomplete, then they recover, in words for people', async () => {
    const cwd = project(FAILING);
    const { code, stdout } = await ship(['--auto-rollback'], { cwd });
    expect(code).toBe(4);
    expect(below(stdout, 'INCOMPLETE')).toEqual(['ship recover   tries again what is not rolled back']);
    expect(stdout).not.toMatch(/rollback_incomplete|undo_failed/);
    const { stderr } = await ship(['resume'], { cwd });
    expect(stderr).toContain('was rolled back in part');
    expect((await ship(['recover'], { cwd })).code).toBe(4);
  });

  it('given a run that failed before any step acted, then there is nothing to go back to', async () => {
    const cwd = project(`${HEAD}steps: [{ id: a, run: "true", capture: "exit 3", undo: "true" }]\n`);
    const { stdout } = await ship([], { cwd });
    expect(stdout).not.toContain('ship rollback ');
  });
});

it('given a step that cannot be undone, when its run is taken back, at once or later, then the reason is shown', async () => {
  const config = (end: string) =>
    `${HEAD}steps: [{ id: one, run: touch one, undo: rm -f one }, { id: mail, run: "true", irreversible: "a mail was sent" }, { id: end, run: "${end}" }]\n`;
  const failed = await ship(['--auto-rollback', '--yes'], { cwd: project(config('exit 1')) });
  expect(failed.stdout).toMatch(/mail: not undone: a mail was sent/);
  const cwd = project(config('true'));
  expect((await ship(['--yes'], { cwd })).code).toBe(0);
  expect((await ship(['rollback'], { cwd })).stdout).toMatch(/mail: not undone: a mail was sent/);
});

it('given an http check that fails, then the first lines of the body are shown, sanitized, redacted and short', async () => {
  const server = createServer((_, response) => {
    response.statusCode = 503;
    response.end(`db unreachable\n\n\x1b[2Jtoken hush-4711-hush\n${'x'.repeat(500)}\nfourth\n`);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const cwd = project(`${HEAD}steps: [{ id: a, run: "true" }]\nverify: { smoke: [{ http: "http://127.0.0.1:${port}/" }] }\n`);
  const { stdout } = await ship([], { cwd, env: { DB_TOKEN: 'hush-4711-hush' } });
  for (const part of ['status 503', '| db unreachable', '| token ***', `| ${'x'.repeat(200)}\n`]) expect(stdout).toContain(part);
  for (const part of ['fourth', '\x1b', 'hush-4711', 'x'.repeat(201)]) expect(stdout).not.toContain(part);
});
