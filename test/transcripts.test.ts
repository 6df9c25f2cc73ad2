import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileStore } from '@ship/core/kernel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { thisOwner } from '../packages/core/src/store/liveness.js';
import { freePort, hasProgram } from './services/started.js';
import { project, ROOT, runProgram, SHIP, ship, temporaryFolder } from './support/ship.js';

/**
 * What the pages show of a run is played again, each in the scene that its page tells of. A page may show a part: each of
 * its lines must be printed, in that order, but for what differs from run to run.
 */

/** Where a transcript is played. */
interface Scene {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** What is run, where the transcript does not say. */
  readonly run?: string;
  /** What stands in the page for a path or an address of the scene. */
  readonly shown?: Readonly<Record<string, string>>;
}

const HEAD = 'version: 1\nproject: shop\n';
const text = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** The first whole config of a page. */
const configOf = (page: string) => /^```yaml\n(version: 1\n.*?)^```$/ms.exec(text(page))![1]!;

const stepsOf =
  (steps: string, run = 'ship --auto-rollback') =>
  (): Scene => ({ cwd: project(`${HEAD}steps:\n${steps}`), run });

const UNDO_FAILS = `  - { id: a, run: touch made, undo: "rm made; echo 'host is down' >&2; false" }\n  - { id: b, run: "false" }\n`;

/** A service whose health, and whose answer, are files beside its code. */
const SERVER = `import { createServer } from 'node:http';
const { VERSION, SICK, BROKEN, PORT, HOST } = process.env;
createServer(({ url }, response) => {
  response.statusCode = url === '/healthz' ? (SICK ? 500 : 200) : BROKEN ? 500 : 200;
  response.end('web ' + VERSION + '\\n');
}).listen(PORT, HOST);
`;

/** The shop of the pages, with its versions deployed one after the other. */
async function shop(versions: readonly string[], { more = '', component = '', smoke = '/' } = {}): Promise<Scene & { port: number }> {
  const port = await freePort();
  const cwd = project(`${HEAD}${more}components:
  web:
    driver: release
    version: "\${VERSION:-1.0.0}"
    path: app
    run: [node, server.mjs]
    env: { VERSION: "\${VERSION:-1.0.0}", SICK: "\${SICK:-}", BROKEN: "\${BROKEN:-}" }
    port: ${port}
    health: { http: /healthz, timeout: 5s }
    systemd: never
${component}steps:
  - { id: web, uses: deploy, component: web }
verify:
  smoke: [{ http: "http://127.0.0.1:${port}${smoke}" }]
`);
  mkdirSync(join(cwd, 'app'));
  writeFileSync(join(cwd, 'app/server.mjs'), SERVER);
  onTestFinished(async () => {
    await ship(['release', 'remove', '--yes'], { cwd });
  });
  for (const VERSION of versions) expect(await ship([], { cwd, env: { VERSION } })).toMatchObject({ code: 0 });
  return { cwd, port };
}

const RELEASE = 'plugins: [release]\n';

/** By page and by how the transcript begins. */
const SCENES: Readonly<Record<string, () => Scene | Promise<Scene>>> = {
  'docs/capture-and-undo.md → link': () => {
    const cwd = project(configOf('docs/capture-and-undo.md'));
    symlinkSync('releases/1', join(cwd, 'current'));
    return { cwd, run: 'ship --auto-rollback' };
  },
  'docs/capture-and-undo.md ✗ a is not rolled back': stepsOf(UNDO_FAILS),
  'docs/rollback.md ✗ a is not rolled back': stepsOf(UNDO_FAILS),
  'docs/components.md $ ship --dry-run': async () => ({ ...(await shop(['1.0.0'], { more: RELEASE })), env: { VERSION: '1.1.0' } }),
  'docs/components.md $ ship release status': async () => {
    const scene = await shop(['1.0.0', '1.1.0'], { more: RELEASE });
    await ship(['rollback'], scene);
    return scene;
  },
  'docs/components.md ✗ web': async () => ({
    ...(await shop(['1.1.0'], { more: RELEASE })),
    env: { VERSION: '1.3.0', SICK: 'yes' },
    run: 'ship --auto-rollback',
  }),
  'docs/durability.md → two': stepsOf('  - { id: one, run: "true" }\n  - { id: two, run: kill -INT $PPID; sleep 20 }\n', 'ship'),
  'docs/failure-and-decision.md CRITICAL step_failed': stepsOf(`  - { id: a, run: "echo 'disk is full' >&2; exit 7" }\n`, 'ship'),
  'docs/failure-and-decision.md $ echo': () => ({ cwd: temporaryFolder() }),
  'docs/leases.md $ ship --env production': production,
  'docs/leases.md $ ship lock status': production,
  'docs/plugins.md $ ship --auto-rollback': () => {
    const code = /^```js\n\/\/ banner\.mjs\n(.*?)^```$/ms.exec(text('docs/plugins.md'))![1]!;
    return { cwd: project(configOf('docs/plugins.md'), { 'banner.mjs': code }) };
  },
  'docs/report.md $ ship --json': () => ({ cwd: project(configOf('docs/report.md')) }),
  'docs/resources.md ✗ folder network': async () => {
    const cwd = join(temporaryFolder(), 'shop');
    cpSync(join(ROOT, 'examples/resources'), cwd, { recursive: true, filter: (path) => !path.includes('.speckit') });
    const steps = readFileSync(join(cwd, 'ship.yaml'), 'utf8').replace(
      /^ {2}- \{ id: app.*$/m,
      '  - { id: app, run: "touch network/mine; false" }',
    );
    writeFileSync(join(cwd, 'ship.yaml'), steps.replace('rollback_timeout: 10s', 'rollback_timeout: 3s'));
    return { cwd, run: 'ship --auto-rollback', shown: { [cwd]: '/srv/shop' } };
  },
  'docs/rollback.md ⟲ Rollback': async () => ({
    ...(await shop(['1.1.0'], { more: `${RELEASE}optimization: { rollback: { auto_on_failure: true } }\n` })),
    env: { VERSION: '1.2.0', BROKEN: 'yes' },
    run: 'ship',
  }),
  'docs/rollback.md ├── Ways:': async () => {
    const scene = await shop(['1.0.0', '1.1.0'], { more: 'plugins: [release, instant-rollback]\n', component: '    standby: true\n' });
    // What stands by must be the version before: without it nothing can be switched to.
    const config = join(scene.cwd, 'ship.yaml');
    writeFileSync(config, readFileSync(config, 'utf8').replace('standby: true', 'standby: false'));
    expect(await ship([], { cwd: scene.cwd, env: { VERSION: '1.2.0' } })).toMatchObject({ code: 0 });
    return { ...scene, env: { VERSION: '1.2.0' }, run: 'ship rollback --instant' };
  },
  'docs/rollback.md $ ship --list-snapshots': () => shop(['1.0.0', '1.1.0'], { more: RELEASE }),
  'plugins/snapshots/README.md SNAPSHOT': async () => ({
    ...(await shop(['1.0.0', '1.1.0'], { more: RELEASE })),
    run: 'ship --list-snapshots',
  }),
  'docs/routers.md ⟲ switching': async () => ({
    ...(await shop(['1.0.0', '1.1.0'], {
      more: 'plugins: [release, instant-rollback]\n',
      component: '    standby: true\n',
      smoke: '/orders',
    })),
    env: { VERSION: '1.2.0', BROKEN: 'yes' },
    run: 'ship --auto-rollback',
  }),
  'docs/snapshots.md ✓ smoke': () => ({ cwd: project(configOf('docs/snapshots.md')), run: 'ship' }),
  'docs/steps.md → build': () => {
    const steps = ['build', 'web, needs: [build]', 'docs, needs: [build]', 'tell, needs: [web, docs]'];
    // Of two at once, the page has the first one end first.
    const lasts = (step: string) => (step.startsWith('docs') ? 0.6 : 0.2);
    return stepsOf(steps.map((step) => `  - { run: sleep ${lasts(step)}, id: ${step} }\n`).join(''), 'ship')();
  },
  'docs/steps.md ! ship.yaml:4:5 step a': stepsOf(
    '  - { id: a, run: "true", irreversible: mails are sent }\n  - { id: b, run: "true" }\n',
    'ship --dry-run',
  ),
  'docs/trust.md $ cd /shared/app': () => {
    const shared = temporaryFolder();
    chmodSync(shared, 0o755);
    mkdirSync(join(shared, 'app'));
    writeFileSync(join(shared, 'ship.yaml'), HEAD);
    if (process.getuid!() === 0) chownSync(shared, 65534, 65534);
    return { cwd: shared, shown: { [shared]: '/shared' } };
  },
  'docs/verification.md ✗ smoke: http': async () => {
    const scene = await shop(['one'], { more: RELEASE });
    const config = join(scene.cwd, 'ship.yaml');
    const expected = `, expect: { body: { matches: "^web (one|two)" } } }`;
    writeFileSync(config, readFileSync(config, 'utf8').replace(/(smoke: \[\{ http: "[^"]+") \}/, `$1${expected}`));
    return { ...scene, env: { VERSION: 'three' }, run: 'ship --auto-rollback' };
  },
  'docs/verification.md ! smoke: tcp': () => ({
    cwd: project(`${HEAD}steps: [{ id: a, run: "true" }]\nverify: { smoke: [{ tcp: "127.0.0.1:1", required: false }] }\n`),
    run: 'ship',
  }),
};

/** Somebody on another machine deploys to production, and his heartbeat is 12 s old. */
async function production(): Promise<Scene> {
  const cwd = project(`${HEAD}environments: { production: {} }\ndefault_environment: production\nsteps: [{ id: a, run: "true" }]\n`);
  const owner = { ...thisOwner('2026-11-22T18-20-13.514Z-1-wveer6', 'ship --env production'), user: 'deploy', host: 'ci-7', pid: 4211 };
  await new FileStore(join(cwd, '.speckit')).lease('production', owner);
  return { cwd };
}

/** A command with what it printed; without a command it is the scene's. */
interface Exchange {
  readonly command: string | undefined;
  readonly printed: readonly string[];
}

interface Transcript {
  readonly page: string;
  readonly lines: readonly string[];
}

const PAGES = [
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...['plugins', 'packages', 'examples'].flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}/README.md`)),
].filter((page) => existsSync(join(ROOT, page)));

/** The blocks that show what ship prints. That of the README is made by `npm run picture`, and has a test of its own. */
const TRANSCRIPTS: readonly Transcript[] = PAGES.flatMap((page) =>
  [...text(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(([, language]) => language === '')
    .map(([, , code]) => ({ page, lines: code!.trimEnd().split('\n') }))
    .filter(({ lines }) => lines.some((line) => /^(?:[→✓✗⟲!├] ?|├── |\$ .*\bship\b|SNAPSHOT|CRITICAL )/.test(line))),
);

const sceneOf = ({ page, lines }: Transcript) => Object.keys(SCENES).find((key) => `${page} ${lines[0]}`.startsWith(key));

function exchangesOf({ lines }: Transcript): Exchange[] {
  const exchanges: { command: string | undefined; printed: string[] }[] = [];
  let open = false;
  for (const line of lines) {
    const last = exchanges.at(-1);
    if (open) last!.command += `\n${line}`;
    else if (line.startsWith('$ ')) exchanges.push({ command: line.slice(2), printed: [] });
    else if (last && line !== '') last.printed.push(line);
    else if (!last) exchanges.push({ command: undefined, printed: [line] });
    // A quote that is not closed goes on in the next line.
    open = (exchanges.at(-1)?.command?.split("'").length ?? 1) % 2 === 0;
  }
  return exchanges;
}

/** What differs from run to run is taken out, and how far columns are apart. */
const normal = (line: string) =>
  line
    .replaceAll(/\d{4}-?\d\d-?\d\dT[\d.:-]*Z?(?:-\d+(?=-))?(?:-[a-z0-9]{6,8}\b)?/g, '<time>')
    .replaceAll(/\b\d+(?:\.\d+)?m?s\b/g, '<duration>')
    .replaceAll(/127\.0\.0\.1:\d{4,5}/g, '<address>')
    // The kernel begins anew with the ids of processes, and leaves out those below 300.
    .replaceAll(/\b\d{3,}\b/g, '<number>')
    .replaceAll(/ {2,}/g, ' ');

/** The first line of the page that was not printed where it should be. */
function notPrinted(shown: readonly string[], printed: readonly string[]): string | undefined {
  let from = 0;
  return shown.find((line) => {
    const at = printed.findIndex((each, index) => index >= from && normal(each) === normal(line));
    from = at + 1;
    return at < 0;
  });
}

describe('what the pages show', () => {
  it('given the transcripts of all pages, when they are looked for, then each has a scene, and each scene a transcript', () => {
    expect(TRANSCRIPTS.map(sceneOf)).toEqual(TRANSCRIPTS.map((each) => sceneOf(each) ?? `a scene for ${each.page}: ${each.lines[0]}`));
    expect(Object.keys(SCENES).filter((key) => !TRANSCRIPTS.some((each) => sceneOf(each) === key))).toEqual([]);
  });

  it.each(TRANSCRIPTS.map((transcript) => [transcript.page, transcript.lines[0]!, transcript] as const))(
    'given the scene of %s: %s, when it is played, then each line of the page is printed',
    async (_page, _first, transcript) => {
      const key = sceneOf(transcript);
      if (key?.startsWith('docs/trust.md') && process.getuid!() !== 0) return skipped('files of another user need root');
      if (key?.startsWith('docs/report.md') && !hasProgram('jq')) return skipped('jq is missing');
      const { cwd, env = {}, run, shown = {} } = await SCENES[key!]!();
      const bin = temporaryFolder();
      writeFileSync(join(bin, 'ship'), `#!/bin/sh\nexec '${process.execPath}' '${SHIP}' "$@"\n`, { mode: 0o755 });
      let first: string | undefined;
      for (const { command = run!, printed } of exchangesOf(transcript)) {
        const [played] = Object.entries(shown).map(([real, name]) => command.replace(name, real));
        // The pages name a snapshot by its time: the one that they listed last is meant.
        const line = (played ?? command).replace(/(--rollback-to) \S+/, `$1 ${first}`);
        const { stdout } = await runProgram(['/bin/sh', '-c', `{ ${line}\n} 2>&1`], {
          cwd,
          env: { ...env, PATH: `${bin}:${process.env.PATH}` },
        });
        const seen = Object.entries(shown).reduce((all, [real, name]) => all.replaceAll(real, name), stdout);
        first = /snapshot-\S+(?=\s+1\.0\.0)/.exec(seen)?.[0];
        expect(notPrinted(printed, seen.trimEnd().split('\n')), `${transcript.page}, of\n${seen}`).toBeUndefined();
      }
    },
  );
});

/** Not tried here, in one line; an error where everything must be tried. */
function skipped(why: string): void {
  if (process.env.SHIP_TEST_ALL === '1') throw new Error(why);
  process.stderr.write(`skipped: ${why} (SHIP_TEST_ALL=1 makes this an error)\n`);
}
