import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { HEAD, project, ROOT, ship, shipJson, temporaryFolder } from './support/ship.js';

// Statements of the pages that no other test holds.

const DEPLOYED = `${HEAD}steps: [{ id: a, run: touch made, undo: rm -f made }]\n`;

it('given `instant_rollback: false`, when `rollback --instant` is asked for, then it is refused with a message, and nothing is touched', async () => {
  const cwd = project(`${DEPLOYED}optimization: { rollback: { instant_rollback: false } }\n`);
  expect((await ship([], { cwd })).code).toBe(0);
  const refused = await ship(['rollback', '--instant'], { cwd });
  expect(refused.code).toBe(6);
  expect(refused.stderr).toContain('rollback is switched off by optimization.rollback.instant_rollback (SHIP_ROLLBACK_OFF)');
  expect(existsSync(join(cwd, 'made'))).toBe(true);
  expect((await ship(['rollback'], { cwd })).code).toBe(0);
  expect(existsSync(join(cwd, 'made'))).toBe(false);
});

it('given a config in .speckit of a fresh clone, when it is deployed twice, then its folder is not refused, and is closed by the first run', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, '.speckit'));
  chmodSync(join(cwd, '.speckit'), 0o755);
  writeFileSync(join(cwd, '.speckit/ship.yaml'), DEPLOYED);
  for (const _ of [1, 2]) expect(await ship([], { cwd })).toMatchObject({ code: 0, stderr: '' });
  expect(statSync(join(cwd, '.speckit')).mode & 0o777).toBe(0o700);
});

it('given `approval: required`, when somebody goes back without a terminal, then it needs --yes; what finishes a run needs it on its way forward alone', async () => {
  const config = (last: string) =>
    `version: 1\nproject: shop\nenvironments: { live: { approval: required } }\nsteps: [{ id: a, run: touch made, undo: rm -f made }, { id: b, run: "${last}", undo: "true" }]\n`;
  const cwd = project(config('true'));
  expect((await ship([], { cwd })).code).not.toBe(0);
  expect((await ship(['--yes'], { cwd })).code).toBe(0);
  expect((await ship(['rollback'], { cwd })).stderr).toContain('--yes');
  expect(existsSync(join(cwd, 'made'))).toBe(true);
  expect((await ship(['rollback', '--yes'], { cwd })).code).toBe(0);

  writeFileSync(join(cwd, 'ship.yaml'), config('kill -9 $PPID; sleep 5'));
  expect((await ship(['--yes'], { cwd })).code).not.toBe(0);
  expect((await ship(['recover', '--forward'], { cwd })).stderr).toContain('--yes');
  expect((await ship(['recover', '--back'], { cwd })).code).toBe(0);
  expect(existsSync(join(cwd, 'made'))).toBe(false);
});

it('given a failure and --rollback-on-failure, then it is --auto-rollback: 1, while a rollback that is asked for is 0', async () => {
  const cwd = project(`${HEAD}steps: [{ id: a, run: touch made, undo: rm -f made }, { id: b, run: exit 1 }]\n`);
  const { report } = await shipJson(['--rollback-on-failure'], { cwd });
  expect(report).toMatchObject({ exit_code: 1, status: 'rolled_back', decision: { trigger: 'automatic' } });
});

describe('what schema, code and page say alike', () => {
  const validate = new Ajv({ strict: false, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(join(ROOT, 'schemas/config.schema.json'), 'utf8')),
  );

  it.each([
    ['a shell that is a text', '{ id: a, run: "true", shell: bash }', false],
    ['a shell that is not wanted', '{ id: a, run: ["true"], shell: false }', true],
    ['a step that is not critical', '{ id: a, run: "true", critical: false }', true],
    ['a step that is critical in words', '{ id: a, run: "true", critical: "no" }', false],
    ['a duration with a fraction', '{ id: a, run: "true", timeout: 1.5m }', true],
    ['a duration without a unit', '{ id: a, run: "true", timeout: 10 }', false],
    ['as many retries as there may be', '{ id: a, run: "true", retry: { times: 10, delay: 0.5s } }', true],
    ['more of them', '{ id: a, run: "true", retry: { times: 11 } }', false],
  ])('given %s, then it is taken or refused by both', async (_, step, fits) => {
    const config = `${HEAD}steps: [${step}]\n`;
    const { code } = await ship(['validate'], { cwd: project(config) });
    expect({ schema: validate(parse(config)), code }).toEqual({ schema: fits, code: fits ? 0 : 2 });
  });

  it.each([
    ['`port` and `slots`', 'port: 8080, slots: [8081, 8082]', /the two do not go together/],
    ['two kinds of health', 'port: 8080, health: { http: /, run: "true" }', /one kind of health/],
    ['durations with a fraction', 'port: 8080, drain_timeout: 1.5s, health: { http: /, timeout: 0.5m }', undefined],
    ['`keep` of one', 'port: 8080, keep: 1', /at least 2/],
  ])('given a release with %s, then it is taken or refused as its page says', async (_, settings, told) => {
    const config = `${HEAD}plugins: [release]\ncomponents: { web: { driver: release, version: "1", path: app, run: node s.mjs, ${settings} } }\nsteps: [{ id: a, run: "true" }]\n`;
    const { code, stderr } = await ship(['validate'], { cwd: project(config) });
    expect(code).toBe(told === undefined ? 0 : 2);
    expect(stderr).toMatch(told ?? /^$/);
  });
});
