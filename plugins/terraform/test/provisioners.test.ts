import { describe, expect, it } from 'vitest';
import { outsideOfState } from '../src/rollback/provisioners.js';
import type { RollbackTarget } from '../src/rollback/target.js';

const target = (then: object, now: object) =>
  ({ configuration: { provisioners: then }, live: { provisioners: now }, destroy: false }) as unknown as RollbackTarget;
const change = (address: string, kind: string) => ({ address, kind }) as never;

describe('what provisioners do outside of the state', () => {
  it('given one of now whose resource is destroyed, then it is named, and that it stays', () => {
    const plan = { changes: [change('t.a', 'delete')], moves: [] };
    expect(outsideOfState(target({}, { 't.a': ['local-exec'] }), plan)).toEqual(['t.a (local-exec, which stays as it has left it)']);
  });

  it('given one of now that ran when the resource was destroyed, then what it has left is named when that is made again', () => {
    const plan = { changes: [change('t.a', 'create')], moves: [] };
    const now = { 't.a': ['local-exec', 'local-exec at destroy'] };
    expect(outsideOfState(target({}, now), plan)).toEqual(['t.a (local-exec at destroy, which stays as it has left it)']);
  });

  it('given a module that was renamed since, then its resources are found under their name of now', () => {
    const [from, to] = ['module.new[0].t.a[1]', 'module.old[0].t.a[1]'];
    const plan = { changes: [change(to, 'delete')], moves: [{ from, to }] };
    expect(outsideOfState(target({}, { 'module.new.t.a': ['local-exec'] }), plan)).toEqual([
      `${to} (local-exec, which stays as it has left it)`,
    ]);
  });
});
