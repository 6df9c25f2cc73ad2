import type { Argv, Context, ExecResult } from '@ship/core';
import { Cluster } from '@ship/kube';
import { describe, expect, it } from 'vitest';
import { makeRevision } from '../src/driver/change.js';
import type { Settings } from '../src/settings.js';
import { rollbackArgv, upgradeArgv } from '../src/tool/argv.js';
import { problemIn } from '../src/tool/helm.js';

const where = { context: 'staging', namespace: 'shop' };

/** A Helm that answers these, one after the other; kubectl says that there is no revision. */
function helm(...answers: [exitCode: number, stdout: string][]) {
  const calls: Argv[] = [];
  const exec = async (command: Argv) => {
    const [exitCode, stdout] = command[0] === 'helm' ? answers[calls.push(command) - 1]! : [0, ''];
    return { exitCode, stdout, stderr: '' } as ExecResult;
  };
  const ctx = { exec, run: 'r' } as Context;
  const site = { ctx, cluster: new Cluster(ctx, where), settings: { release: 'web', timeoutMs: 1_000 } as Settings };
  return { calls, upgrade: () => makeRevision(site, ['helm', 'upgrade', 'web']) };
}

const QUOTA =
  'Error: UPGRADE FAILED: Operation cannot be fulfilled on resourcequotas "small": the object has been modified; please apply your changes to the latest version and try again';

describe('a command of Helm', () => {
  it('given a conflict over a quota, then it is tried again', async () => {
    const { calls, upgrade } = helm([1, QUOTA], [0, '']);
    await upgrade();
    expect(calls).toHaveLength(2);
  });

  it('given a quota that is in conflict for ever, or another fault, then that is said', async () => {
    await expect(helm([1, QUOTA], [1, QUOTA], [1, QUOTA], [1, QUOTA]).upgrade()).rejects.toThrow('resourcequotas');
    const { calls, upgrade } = helm([1, 'Error: services is forbidden']);
    await expect(upgrade()).rejects.toThrow('helm upgrade web: services is forbidden');
    expect(calls).toHaveLength(1);
  });

  it('given conflicts with another manager, then its name and its fields are said', () => {
    const said =
      'level=WARN\nError: UPGRADE FAILED: conflict: Apply failed with 2 conflicts: conflicts with "boss":\n- .data.a\n- .data.b\n';
    expect(problemIn(said)).toBe('UPGRADE FAILED: conflict: Apply failed with 2 conflicts: conflicts with "boss":\n- .data.a\n- .data.b');
    expect(problemIn('one\ntwo\n')).toBe('two');
    expect(problemIn('')).toBe('');
  });
});

describe('its words', () => {
  it('given a rollback, then what others have set is overwritten only where Helm applies on the server', () => {
    const words = (isForced: boolean) => rollbackArgv(where, { release: 'web', revision: 3, isForced, timeoutMs: 1_500 });
    expect(words(true)).toEqual([
      ...['helm', 'rollback', 'web', '3', '--force-conflicts', '--timeout=2s', '--kube-context=staging', '--namespace=shop'],
    ]);
    expect(words(false)).not.toContain('--force-conflicts');
  });

  it('given an upgrade, then neither Helm 3 nor Helm 4 waits, goes back by itself, or overwrites what others have set', () => {
    const words = upgradeArgv({
      ...{ where, release: 'web', chart: './chart', values: ['a.yaml'], createNamespace: false, timeoutMs: 60_000 },
      ...{ description: 'ship: 1', labels: { 'ship-run': 'r' } },
    });
    expect(words.join(' ')).toBe(
      'helm upgrade web ./chart --install --reset-values --values=a.yaml --description=ship: 1 --labels=ship-run=r --timeout=60s --kube-context=staging --namespace=shop',
    );
  });
});
