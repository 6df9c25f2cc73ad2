import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployed } from './support/line-service.js';
import { ROOT, ship, shipJson } from './support/ship.js';

const snapshots = (cwd: string, ...words: string[]) => shipJson(['snapshots', ...words], { cwd });

describe('ship snapshots', () => {
  it('given two snapshots, when they are compared with each other and with what is live, then the differences are told', async () => {
    const { cwd, ids } = await deployed();
    const [newer, older] = [ids[1], ids[0]];
    expect((await snapshots(cwd, 'diff', older, newer)).report.result).toMatchObject({
      from: older,
      to: newer,
      differences: [{ kind: 'component', from: 'v1', to: 'v2' }],
    });
    expect((await snapshots(cwd, 'diff', newer)).report.result).toMatchObject({ to: 'live', differences: [] });
    const live = await ship(['snapshots', 'diff', older], { cwd });
    expect(live.stdout).toContain('v1 -> v2');
  });

  it('given a damaged snapshot among whole ones, when they are verified, then 6, and it is named; the whole ones alone are fine', async () => {
    const { cwd, ids } = await deployed();
    expect((await snapshots(cwd, 'verify')).report).toMatchObject({ exit_code: 0, result: { damaged: [] } });
    const file = join(cwd, `.speckit/snapshots/staging/config-${ids[0].replace('snapshot-', '')}.json`);
    writeFileSync(file, `${readFileSync(file, 'utf8')} `);
    expect((await snapshots(cwd, 'verify')).report).toMatchObject({
      exit_code: 6,
      errors: [{ code: 'SHIP_SNAPSHOTS_DAMAGED', message: expect.stringContaining(ids[0]) }],
    });
    expect((await snapshots(cwd, 'verify', ids[1])).code).toBe(0);
    expect((await shipJson(['--rollback-to', ids[0]], { cwd })).report).toMatchObject({
      exit_code: 6,
      errors: [{ code: 'SHIP_SNAPSHOT_DAMAGED' }],
    });
  });

  it('given a pinned snapshot, when more are kept than may be, then it stays until it is unpinned, and its hash holds', async () => {
    const { cwd, ids } = await deployed();
    expect((await snapshots(cwd, 'pin', ids[0], 'before', 'the', 'move')).report.result).toEqual({ id: ids[0], note: 'before the move' });
    expect((await ship(['--list-snapshots'], { cwd })).stdout).toContain('pinned: before the move');
    const config = join(cwd, 'ship.yaml');
    writeFileSync(config, `${readFileSync(config, 'utf8')}\noptimization: { rollback: { snapshot_count: 1 } }\n`);
    expect((await snapshots(cwd, 'prune')).report.result).toMatchObject({ evicted: [] });
    expect((await snapshots(cwd, 'unpin', ids[0])).report.result).toMatchObject({ was_pinned: true });
    expect((await snapshots(cwd, 'unpin', ids[0])).report.result).toMatchObject({ was_pinned: false });
    expect((await snapshots(cwd, 'prune', 'show')).report.result).toMatchObject({ would_evict: [ids[0]] });
    expect((await snapshots(cwd, 'list')).report.result).toHaveLength(2);
    expect((await snapshots(cwd, 'prune')).report.result).toMatchObject({ evicted: [ids[0]] });
    expect((await snapshots(cwd, 'list')).report.result).toMatchObject([{ id: ids[1] }]);
  });

  it('given pins that cannot be read, when somebody prunes, then 6, and nothing is evicted', async () => {
    const { cwd } = await deployed();
    const config = join(cwd, 'ship.yaml');
    writeFileSync(config, `${readFileSync(config, 'utf8')}\noptimization: { rollback: { snapshot_count: 1 } }\n`);
    writeFileSync(join(cwd, '.speckit/snapshots/staging/pins.json'), '[');
    expect((await snapshots(cwd, 'prune')).report).toMatchObject({ exit_code: 6, errors: [{ code: 'SHIP_SNAPSHOT_PINS' }] });
  });

  it('given words that make no sense, when it is run, then SHIP_SNAPSHOTS_USAGE and 2', async () => {
    const { cwd } = await deployed();
    const wrong = ['show', 'diff', 'pin', 'unpin', 'list 0', 'list some', 'list 5 6', 'prune all', 'diff a b c', 'destroy', 'constructor'];
    for (const words of wrong) {
      const { code, report } = await snapshots(cwd, ...words.split(' '));
      expect({ words, code, errors: report.errors }).toMatchObject({ code: 2, errors: [{ code: 'SHIP_SNAPSHOTS_USAGE' }] });
    }
  });

  it('given a snapshot of a real run, when it is held to its schema, then it fits', async () => {
    const { cwd, ids } = await deployed();
    const { Ajv } = await import('ajv');
    const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/snapshot.schema.json'), 'utf8'));
    const fits = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true }).compile(schema);
    const whole = JSON.parse(readFileSync(join(cwd, `.speckit/snapshots/staging/${ids[0]}.json`), 'utf8'));
    expect([fits(whole), fits.errors]).toEqual([true, null]);
    expect(fits({ ...whole, rollback_safe: 'yes' })).toBe(false);
  });
});
