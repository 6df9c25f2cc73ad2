import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOY, HEAD, project, ship, temporaryFolder } from './support/ship.js';

/** The lines that a runner of GitHub Actions would take for commands, as it reads them. */
function obeyedBy(text: string): string[] {
  let stopped: string | undefined;
  return text.split(/\r\n|\n|\r/).filter((line) => {
    const trimmed = line.trimStart();
    if (stopped !== undefined) {
      if (trimmed === `::${stopped}::`) stopped = undefined;
      return false;
    }
    const token = /^::stop-commands::(.+)$/.exec(trimmed)?.[1];
    if (token !== undefined) stopped = token;
    return token === undefined && (/^::[^:]+::/.test(trimmed) || line.includes('##['));
  });
}

describe('GitHub Actions', () => {
  it('given a config mistake, a failed step and a warning, when ship runs there, then each is an annotation of one line', async () => {
    const env = { GITHUB_ACTIONS: 'true' };
    const wrong = await ship([], { cwd: project(`${HEAD}steps:\n  - { id: a, run: "true", timeout: 10 }\n`), env });
    expect(wrong.stderr).toMatch(/^::error file=.*ship\.yaml,line=6,col=\d+,title=SHIP_\w+::.+$/m);
    const failed = await ship([], {
      cwd: project(
        `${HEAD}steps:\n  - { id: soft, run: "exit 1", continue_on_error: true }\n  - { id: hard, run: "printf 'one\\n::stop-commands::x\\n' >&2; exit 1" }\n`,
      ),
      env,
    });
    expect(failed.stdout).toMatch(/^::warning::.+$/m);
    expect(failed.stdout).toMatch(/^::error title=step_failed::.+%0A.*::stop-commands/m);
    expect((await ship([], { cwd: project(DEPLOY), env: { GITHUB_ACTIONS: undefined } })).stdout).not.toContain('::');
  });

  it.each([[[]], [['--json']], [['--verbose']], [['--auto-rollback', '--verbose']]])(
    'given tools that print commands of the runner, when ship %s runs there, then the runner obeys the annotations of ship and nothing else',
    async (args) => {
      const evil = '::error::forged\\n  ::set-env name=A::b\\r::add-path::c\\nx ##[warning]d\\n';
      const cwd = project(
        `${HEAD}steps:\n  - { id: one, run: "printf '${evil}'" }\n  - { id: two, run: "printf '${evil}'; exit 1", undo: "printf '${evil}'; exit 1" }\n`,
      );
      const { stdout, stderr } = await ship(args, { cwd, env: { GITHUB_ACTIONS: 'true' } });
      const obeyed = obeyedBy(`${stdout}\n${stderr}`);
      expect(obeyed).toEqual([expect.stringMatching(/^::error title=step_failed::.+forged/)]);
      if (args.includes('--json')) expect(JSON.parse(stdout).failure.message).toContain('##[warning]d');
      if (args.includes('--verbose')) expect(stdout).toContain('  | ::error::forged');
    },
  );

  it('given a workspace, when a mistake is annotated from a folder below it, then the file is named from its top', async () => {
    const workspace = temporaryFolder();
    const cwd = join(workspace, 'service/deploy');
    mkdirSync(cwd, { recursive: true });
    writeFileSync(join(workspace, 'service/ship.yaml'), `${HEAD}bogus: 1\n`);
    const file = async (args: string[], GITHUB_WORKSPACE: string | undefined) =>
      /^::error file=(.*?),/m.exec((await ship(args, { cwd, env: { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE } })).stderr)?.[1];
    expect(await file([], workspace)).toBe('service/ship.yaml');
    expect(await file(['--config', '../ship.yaml'], workspace)).toBe('service/ship.yaml');
    expect(await file(['--config', '../ship.yaml'], join(workspace, 'service/deploy'))).toBe(
      await file(['--config', '../ship.yaml'], undefined),
    );
  });
});
