import { describe, expect, it } from 'vitest';
import { progressIn } from '../src/actions/progress.js';
import { diagnosticsIn, errorsInText, lockAge, lockIn, oneLine } from '../src/tool/diagnostics.js';
import { readPlan } from '../src/tool/plan-document.js';
import { readState } from '../src/tool/state.js';

const HOUR = 3_600_000;

describe('what Terraform writes', () => {
  it('given a diagnostic of the json stream, then place, summary and detail are in one line', () => {
    const line = JSON.stringify({
      type: 'diagnostic',
      diagnostic: {
        severity: 'error',
        summary: 'No value',
        detail: 'The variable\n"a" has none.',
        range: { filename: 'main.tf', start: { line: 3, column: 1 } },
      },
    });
    expect(diagnosticsIn(`noise\n${line}\n{"type":"version"}`).map(oneLine)).toEqual([
      'main.tf:3:1: No value (The variable "a" has none.)',
    ]);
  });

  it('given a box for people, then each error in it is found', () => {
    const box =
      '╷\n│ Error: Invalid expression\n│ \n│   on main.tf line 2, in resource "a" "b":\n│    2:   input = \n│ \n│ Expected the start of an expression.\n╵\n╷\n│ Error: Another\n╵\n';
    expect(errorsInText(box).map(oneLine)).toEqual(['main.tf:2: Invalid expression (Expected the start of an expression.)', 'Another']);
  });

  it('given a lock, then its id, owner, work and age are read; of one that the http backend tells by its id alone, that', () => {
    const detail = (more = '') =>
      `Error message: ${more}\nLock Info:\n  ID:        4711\n  Path:      p\n  Operation: OperationTypeApply\n  Who:       ann@build\n  Version:   1.11.4\n  Created:   2026-01-01 10:00:00.327126197 +0000 UTC\n  Info:      \n`;
    const locked = { severity: 'error', summary: 'Error acquiring the state lock', detail: detail() } as const;
    expect(lockIn(locked)).toMatchObject({ id: '4711', who: 'ann@build', operation: 'apply' });
    expect(lockAge(lockIn(locked)!, Date.parse('2026-01-01T10:00:30Z'))).toBe('for 30 s');
    expect(lockAge(lockIn(locked)!, Date.parse('2026-01-01T10:00:00Z') + 5 * HOUR)).toBe('for 5 h');
    expect(lockIn({ ...locked, detail: detail('HTTP remote state already locked: ID=815') })).toMatchObject({ id: '815', who: '' });
    // For people it is wrapped.
    expect(lockIn({ ...locked, detail: detail('HTTP remote state already locked:\nID=815') })).toMatchObject({ id: '815', who: '' });
    // What is newer than the command is the lock that it wanted itself.
    expect(lockIn(locked, Date.parse('2026-01-01T09:59:59Z'))).toMatchObject({ id: '', who: '' });
    expect(lockIn(locked, Date.parse('2026-01-01T10:00:01Z'))).toMatchObject({ id: '4711' });
    expect(lockIn({ ...locked, summary: 'Something else' })).toBeUndefined();
  });

  it('given a plan that imports and renames, then both are read, also where nothing else changes', () => {
    const resource = (address: string, more: object, change: object = {}) => ({
      address,
      mode: 'managed',
      type: 'a',
      change: { actions: ['no-op'], before: {}, after: {}, ...change },
      ...more,
    });
    const plan = JSON.stringify({
      format_version: '1.2',
      resource_changes: [
        resource('a.x', {}, { importing: { id: '1' } }),
        resource('a.y[0]', { previous_address: 'a.y' }),
        resource('a.z', {}),
      ],
    });
    expect(readPlan(plan, true)).toMatchObject({ changes: [], imports: ['a.x'], moves: [{ from: 'a.y', to: 'a.y[0]' }] });
  });

  it('given a plan, then changes, variables and what is sensitive are read, and values of attributes are not', () => {
    const text = JSON.stringify({
      format_version: '1.2',
      variables: { size: { value: 3 }, pin: { value: 'x' }, none: {} },
      configuration: { root_module: { variables: { pin: { sensitive: true }, size: {} } } },
      output_changes: { url: { actions: ['update'] }, same: { actions: ['no-op'] } },
      resource_changes: [
        {
          address: 'a.b',
          mode: 'managed',
          type: 'a',
          change: {
            actions: ['delete', 'create'],
            before: { x: 1, y: 'secret' },
            after: { x: 2, y: 'secret' },
            after_unknown: { id: true },
          },
          action_reason: 'replace_because_tainted',
        },
        { address: 'a.c', mode: 'managed', type: 'a', change: { actions: ['no-op'], before: {}, after: {} } },
        { address: 'data.a.d', mode: 'data', type: 'a', change: { actions: ['read'], before: null, after: {} } },
      ],
    });
    const plan = readPlan(text, true);
    expect(plan).toMatchObject({
      differs: true,
      changes: [{ address: 'a.b', kind: 'replace', attributes: ['id', 'x'], reason: 'replace_because_tainted' }],
      variables: { size: 3, pin: 'x', none: null },
      sensitive: ['pin'],
      outputs: ['url'],
    });
    expect(JSON.stringify(plan.changes)).not.toContain('secret');
  });

  it.each([['nonsense'], ['{"format_version":"9.0"}'], ['null']])('given a plan that is %s, then that is said', (text) => {
    expect(() => readPlan(text, true)).toThrow(expect.objectContaining({ code: 'SHIP_TERRAFORM_UNREADABLE' }));
  });

  it('given a state, then addresses with their indexes and what is tainted are read; given none, nothing', () => {
    const resource = (more: object) => ({ mode: 'managed', type: 'a', name: 'b', ...more });
    const text = JSON.stringify({
      version: 4,
      serial: 7,
      lineage: 'l',
      resources: [
        resource({ instances: [{ index_key: 0 }, { index_key: 1, status: 'tainted' }] }),
        resource({ module: 'module.m["x"]', instances: [{ index_key: 'k' }] }),
        resource({ mode: 'data', instances: [{}] }),
      ],
    });
    expect(readState(text)).toMatchObject({ serial: 7, addresses: ['a.b[0]', 'a.b[1]', 'module.m["x"].a.b["k"]'], tainted: ['a.b[1]'] });
    expect(readState('\n')).toBeUndefined();
  });

  it.each([['nonsense'], ['{"version":3,"serial":1,"lineage":"l"}'], ['null'], ['{}']])(
    'given a state that is %s, then that is said',
    (text) => {
      expect(() => readState(text)).toThrow(expect.objectContaining({ code: 'SHIP_TERRAFORM_UNREADABLE' }));
    },
  );

  it('given lines of progress and other lines, then what they are about is read', () => {
    expect(progressIn('{"type":"apply_start","@message":"a.b: Creating...","hook":{"resource":{"addr":"a.b"}}}')).toEqual({
      type: 'started',
      text: 'a.b: Creating...',
      address: 'a.b',
    });
    expect(progressIn('not json')).toBeUndefined();
    expect(progressIn('{"type":"new_thing","@message":"x"}')).toEqual({ type: 'other', text: 'x' });
  });
});
