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
    expect(lockIn({ ...locked, summary: 'Something else' })).toBeUndefined();
  });

  describe('given locks as the real backends report them', () => {
    const HELD = Date.parse('2026-11-30T02:31:33Z');
    const info = (id: string, path: string, operation: string) =>
      `Lock Info:\n  ID:        ${id}\n  Path:      ${path}\n  Operation: OperationType${operation}\n  Who:       root@vm\n  Version:   1.11.4\n  Created:   2026-11-30 02:31:33.925883227 +0000 UTC\n  Info:      \n\n\nTerraform acquires a state lock to protect the state from being written\nby multiple users at the same time.`;
    const forPeople = (detail: string, since: number) =>
      errorsInText(`╷\n│ Error: Error acquiring the state lock\n│ \n${detail.replace(/^/gm, '│ ')}\n╵\n`).map((each) =>
        lockIn(each, since),
      );
    const WHOLE = { id: 'lock-1', who: 'root@vm', operation: 'apply', created: '2026-11-30 02:31:33.925883227 +0000 UTC' };
    const S3 =
      'Error message: operation error S3: PutObject, https response error\nStatusCode: 412, RequestID:\nA82ZC8nOwthGOMstTikOoI8ckvbvjwQB5HxWMTWwUrQBAFZlc6kW, HostID:\n9Gjjt1m+cjU4OPvX9O9/8RuvnG41MRb/18Oux2o5H5MY7ISNTlXN+Dz9IG62/ILVxhAGI0qyPfg=,\napi error PreconditionFailed: At least one of the pre-conditions you\nspecified did not hold\n';

    it.each([
      ['s3', S3, 'states/shop.tfstate'],
      ['local', 'Error message: resource temporarily unavailable\n', 'terraform.tfstate'],
    ])('of %s the holder is told, also where it took the lock while the command waited', (_backend, message, path) => {
      const detail = `${message}${info('lock-1', path, 'Apply')}`;

      expect(forPeople(detail, HELD + HOUR)).toEqual([WHOLE]);
      expect(forPeople(detail, HELD)).toEqual([WHOLE]);
    });

    it.each([
      ['pg', 'Error message: Workspace is already locked: default\n', ''],
      ['pg without a state', 'Error message: Already locked for workspace creation: default\n', ''],
      ['http', 'Error message: HTTP remote state already locked:\nID=lock-2\n', 'lock-2'],
      ['http without an answer that can be read', 'Error message: HTTP remote state already\nlocked, failed to unmarshal body\n', ''],
    ])('of %s, which reports what the command itself wanted, that is not told', (_backend, message, id) => {
      expect(forPeople(`${message}${info('own-try', '', 'Plan')}`, HELD)).toEqual([{ id, who: '', operation: '', created: '' }]);
    });

    it('of an http backend that reports the holder whole, that is told', () => {
      const detail = `Error message: HTTP remote state already locked:\nID=lock-1\n${info('lock-1', '', 'Apply')}`;

      expect(forPeople(detail, HELD)).toEqual([WHOLE]);
    });

    it('of a pg that could not be asked, it is no lock', () => {
      const detail = `Error message: pq: permission denied for table states\n${info('own-try', '', 'Plan')}`;

      expect(forPeople(detail, HELD)).toEqual([undefined]);
    });
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
