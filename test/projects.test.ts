import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { project, ship, shipJson } from './support/ship.js';

const config = (name: string) => `version: 1
project: ${name}
steps: [{ id: ${name}, capture: 'cat ${name}.txt 2>/dev/null || true', run: 'echo $V > ${name}.txt; test -z "$FAIL"', undo: 'echo "$SHIP_CAPTURE" > ${name}.txt' }]
`;

it('given two configs of different projects in one folder, when one is deployed, failed and taken back, then the other sees and loses nothing', async () => {
  // Given
  const cwd = project(config('api'), { 'web.yaml': config('web') });
  const of = (name: string) => ['-c', name === 'api' ? 'ship.yaml' : 'web.yaml'];
  for (const name of ['api', 'web']) expect((await ship(of(name), { cwd, env: { V: '1' } })).code).toBe(0);
  const api = async () => [
    (await shipJson([...of('api'), 'status'], { cwd })).report.result,
    (await shipJson([...of('api'), 'history'], { cwd })).report.result,
    (await shipJson([...of('api'), '--list-snapshots'], { cwd })).report.result,
  ];
  const before = await api();

  // When
  expect((await ship([...of('web'), '--auto-rollback'], { cwd, env: { V: '2', FAIL: '1' } })).code).toBe(1);
  expect((await ship([...of('web'), 'recover'], { cwd })).code).toBe(0);
  expect((await ship([...of('web')], { cwd, env: { V: '2' } })).code).toBe(0);
  expect((await ship([...of('web'), 'rollback'], { cwd })).code).toBe(0);

  // Then
  expect(await api()).toEqual(before);
  expect(['api', 'web'].map((name) => readFileSync(join(cwd, `${name}.txt`), 'utf8'))).toEqual(['1\n', '1\n']);
  const runs = (await shipJson([...of('web'), 'history'], { cwd })).report.result as unknown[];
  expect(runs).toHaveLength(3);
});

it('given a state of an earlier version, which says nowhere whose it is, when another project runs beside it, then its journals say so', async () => {
  const cwd = project(config('api'), { 'web.yaml': config('web') });
  expect((await ship([], { cwd, env: { V: '1' } })).code).toBe(0);
  rmSync(join(cwd, '.speckit/project'));
  expect((await ship(['-c', 'web.yaml'], { cwd, env: { V: '1' } })).code).toBe(0);
  expect(existsSync(join(cwd, '.speckit/projects/web/runs'))).toBe(true);
  expect((await shipJson(['history'], { cwd })).report.result).toHaveLength(1);
  expect((await ship([], { cwd, env: { V: '2' } })).code).toBe(0);
  expect(readFileSync(join(cwd, '.speckit/project'), 'utf8')).toBe('api\n');
  writeFileSync(join(cwd, '.speckit/project'), 'other\n');
  expect((await shipJson(['history'], { cwd })).report.result).toEqual([]);
});
