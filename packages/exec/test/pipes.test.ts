import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { failure, sh } from './help.js';

it('given no folder for pipes, when a command is executed, then it says so, and one with a folder leaves nothing there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'exec-'));
  vi.stubEnv('TMPDIR', '/no/such/folder');
  const error = await failure(['true']);
  expect(error).toMatchObject({ code: 'SHIP_COMMAND_FAILED', kind: 'spawn', pid: undefined });
  expect(error.message).toContain('no pipe could be made');
  vi.stubEnv('TMPDIR', folder);
  // The PATH of a deployment need not hold the tools of the system.
  vi.stubEnv('PATH', folder);
  expect((await sh('echo here')).stdout).toBe('here\n');
  expect(readdirSync(folder)).toEqual([]);
});
