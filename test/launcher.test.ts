import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEPLOY, type Ended, project, ROOT, runProgram, temporaryFolder } from './support/ship.js';

/** A copy of the command, with a cache folder of its own. */
class Launcher {
  readonly home = temporaryFolder();
  readonly folder = join(this.home, 'ship');
  readonly cwd = project(DEPLOY);

  constructor(readonly copy = temporaryFolder()) {
    if (existsSync(join(copy, 'bin'))) return;
    for (const part of ['bin', 'dist', 'package.json'])
      cpSync(join(ROOT, 'packages/cli', part), join(copy, part), { recursive: true, filter: (path) => !path.endsWith('dist/tsc') });
  }

  get bundle(): string {
    return join(this.copy, 'dist/ship.cjs');
  }

  /** The one file of the cache. */
  get cache(): string {
    const names = readdirSync(this.folder);
    expect(names).toEqual([expect.stringMatching(/^v\d+\.\d+\.\d+-\w+-[0-9a-f]+\.code$/)]);
    return join(this.folder, names[0]!);
  }

  run(words: readonly string[], env: Record<string, string | undefined> = {}): Promise<Ended> {
    const argv = [process.execPath, join(this.copy, 'bin/ship.cjs'), ...words];
    return runProgram(argv, { cwd: this.cwd, env: { XDG_CACHE_HOME: this.home, ...env } });
  }

  /** Puts another word into the bundle, which stays as long as it was. */
  edit(): void {
    const text = readFileSync(this.bundle, 'utf8');
    const edited = text.replace(' is valid: ', ' is sound: ');
    expect(edited).not.toBe(text);
    writeFileSync(this.bundle, edited);
  }

  /** Puts code of another program into the cache, with the right checksum. */
  async plant(): Promise<void> {
    const { bundle, cache } = this;
    const original = readFileSync(bundle);
    this.edit();
    const other = new Launcher(this.copy);
    await other.run(['validate']);
    const data = readFileSync(other.cache).subarray(0, -4);
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(data, Number.parseInt(/-([0-9a-f]+)\.code$/.exec(cache)![1]!, 16)));
    writeFileSync(cache, Buffer.concat([data, sum]));
    writeFileSync(bundle, original);
  }

  /** A right answer and a wrong one, each with its status. */
  async proves(env: Record<string, string | undefined> = {}): Promise<void> {
    const { code, stdout, stderr } = await this.run(['validate'], env);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringContaining('is valid'), stderr: '' });
    expect(await this.run(['validte'], env)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('ship validate') });
  }
}

/** Only root can give things away. */
const OF_OTHERS: [string, (launcher: Launcher) => void][] = [
  ['a file of another user', ({ cache }) => chownSync(cache, 1, 1)],
  ['a folder of another user', ({ folder }) => chownSync(folder, 1, 1)],
];

/** A launcher that has a cache. */
async function warm(): Promise<Launcher> {
  const launcher = new Launcher();
  await launcher.run(['validate']);
  return launcher;
}

describe('the code cache', () => {
  it('given none, when ship has run, then there is one for this user alone, and it is used', async () => {
    const launcher = await warm();
    expect(statSync(launcher.cache).mode & 0o777).toBe(0o600);
    expect(statSync(launcher.folder).mode & 0o777).toBe(0o700);
    const before = statSync(launcher.cache, { bigint: true });
    await launcher.proves();
    // One that V8 had refused would have been replaced.
    expect(statSync(launcher.cache, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
  });

  it.each<[string, (content: Buffer) => Buffer]>([
    ['a zeroed page', (content) => Buffer.from(content).fill(0, 4096, 8192)],
    ['one wrong bit', (content) => Buffer.from(content.map((byte, index) => (index === 100_000 ? byte ^ 1 : byte)))],
    ['half of it', (content) => content.subarray(0, content.length / 2)],
    ['garbage', () => Buffer.from('garbage'.repeat(10_000))],
    ['two bytes', () => Buffer.from('ab')],
    ['nothing', () => Buffer.alloc(0)],
  ])('given one with %s, when ship runs, then it works, and makes another', async (_, damaged) => {
    const launcher = await warm();
    const good = readFileSync(launcher.cache);
    writeFileSync(launcher.cache, damaged(good));
    await launcher.proves();
    expect(readFileSync(launcher.cache).length).toBeGreaterThan(good.length / 2);
  });

  it('given one, when the bundle is edited without a change of its length, then the new code runs', async () => {
    const launcher = await warm();
    launcher.edit();
    for (let start = 0; start < 2; start++)
      expect(await launcher.run(['validate'])).toMatchObject({ code: 0, stdout: expect.stringContaining('is sound: ') });
  });

  it('given a plugin and a config module, when they are imported by code from the cache, then they are loaded', async () => {
    const launcher = await warm();
    writeFileSync(join(launcher.cwd, 'mine.mjs'), "export default { name: 'mine', ship: '^1', apply() {} };\n");
    const config = { version: 1, project: 'shop', plugins: ['./mine.mjs'], steps: [{ id: 'one', run: 'true' }] };
    writeFileSync(join(launcher.cwd, 'other.mjs'), `export default ${JSON.stringify(config)};\n`);
    for (const words of [['plugins'], ['plugins', '--verbose']]) {
      const { code, stdout, stderr } = await launcher.run([...words, '--config', 'other.mjs']);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringContaining('mine'), stderr: '' });
    }
  });

  it('given a folder that cannot be written, when ship runs, then it works', async () => {
    const launcher = new Launcher();
    // Not even root can make a folder in a file.
    writeFileSync(join(launcher.home, 'file'), '');
    await launcher.proves({ XDG_CACHE_HOME: join(launcher.home, 'file') });
    mkdirSync(launcher.folder);
    chmodSync(launcher.folder, 0o500);
    await launcher.proves();
  });

  it.each([
    ['no HOME', { HOME: undefined, XDG_CACHE_HOME: undefined }],
    ['a HOME that is no absolute path', { HOME: 'here', XDG_CACHE_HOME: '' }],
    ['a HOME that is not there', { HOME: '/tmp/ship-nobody', XDG_CACHE_HOME: undefined }],
  ])('given %s, when ship runs, then it works, and leaves nothing where it stands', async (_, env) => {
    const launcher = new Launcher();
    await launcher.proves(env);
    expect(readdirSync(launcher.cwd)).toEqual(['ship.yaml']);
    expect(existsSync('/tmp/ship-nobody')).toBe(false);
  });

  it.each<[string, (launcher: Launcher) => void]>([
    ['a file that others may write', ({ cache }) => chmodSync(cache, 0o622)],
    ['a folder that others may write', ({ folder }) => chmodSync(folder, 0o777)],
    ...(process.getuid?.() === 0 ? OF_OTHERS : []),
  ])('given %s, when ship runs, then what is in it does not', async (_, open) => {
    const launcher = await warm();
    await launcher.plant();
    // Else nothing would be tested.
    expect((await launcher.run(['validate'])).stdout).toContain(' is sound: ');
    open(launcher);
    await launcher.proves();
  });

  it('given two starts at once and no cache, when both end, then both were right, and one cache is there', async () => {
    const launcher = new Launcher();
    await Promise.all([launcher.proves(), launcher.proves()]);
    expect(statSync(launcher.cache).size).toBeGreaterThan(100_000);
    await launcher.proves();
  });
});
