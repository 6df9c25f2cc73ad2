import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startUnit, stopUnit, type Unit, unitText } from '../src/daemon/commands.js';

const unit: Unit = {
  name: 'ship-release-00ff.service',
  description: 'ship: web, release 1',
  user: true,
  folder: '/tmp',
  log: '/tmp/web.log',
  env: { PATH: '/usr/bin', SHIP_RELEASE_TOKEN: '00ff' },
  umask: 0o022,
  stopMs: 10_000,
  argv: [process.execPath, '/tmp/it costs $5, 100%.js', 'a "quoted" word'],
};

test('starts a unit of the user that comes back after a crash', () => {
  expect(startUnit(unit)).toEqual([
    'systemd-run',
    '--user',
    '--quiet',
    '--collect',
    '--unit=ship-release-00ff.service',
    '--description=ship: web, release 1',
    '--property=StartLimitIntervalSec=0',
    '--property=Type=exec',
    '--property=Restart=on-failure',
    '--property=RestartSec=200ms',
    '--property=KillMode=mixed',
    '--property=TimeoutStopSec=20s',
    '--property=UMask=0022',
    '--property=WorkingDirectory=/tmp',
    '--property=StandardOutput=append:/tmp/web.log',
    '--property=StandardError=append:/tmp/web.log',
    '--setenv=PATH=/usr/bin',
    '--setenv=SHIP_RELEASE_TOKEN=00ff',
    '--',
    ...unit.argv,
  ]);
});

test("stops a unit of the machine's manager", () => {
  expect(stopUnit({ name: unit.name, user: false })).toEqual(['systemctl', 'stop', '--quiet', 'ship-release-00ff.service']);
});

const missing = spawnSync('systemd-analyze', ['--version']).error !== undefined;

test.skipIf(missing)('systemd understands the unit (skipped where systemd-analyze is not installed)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unit-'));
  writeFileSync(join(folder, unit.name), unitText(unit));
  const { stderr, status } = spawnSync('systemd-analyze', ['verify', join(folder, unit.name)], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(stderr.split('\n').filter((line) => line.includes(unit.name))).toEqual([]);
  expect(status).toBe(0);
});
