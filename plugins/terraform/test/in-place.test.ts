import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from '@ship/core';
import { temporaryFolder } from '@ship/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leftInPlace, putBack, putInPlace, type Wanted } from '../src/files/in-place.js';

const WORK = { what: 'infra', dataDir: '/nowhere' };
const log = { debug() {}, info() {}, warn() {}, error() {} };
const contextIn = (folder: string): Context => ({ stateDir: join(folder, '.speckit'), log }) as unknown as Context;

/** What stands at a path: a text, one that can be run, or a link. */
type Content = { readonly text: string; readonly runs: boolean } | { readonly link: string };

/** Some paths are folders of others, so that files stand in the way of folders, and the other way round. */
const PATHS = ['a.tf', 'b.tf', 'dir', 'dir/c.tf', 'dir/deep/d.tf', 'other/e.tf'];
const content: fc.Arbitrary<Content> = fc.oneof(
  fc.record({ text: fc.constantFrom('one', 'two', ''), runs: fc.boolean() }),
  fc.record({ link: fc.constantFrom('a.tf', 'other', '/nowhere') }),
);
const contents = fc.dictionary(fc.constantFrom(...PATHS), content).map(withoutClashes);

/** A path below something that is no folder cannot be. */
function withoutClashes(all: Record<string, Content>): Record<string, Content> {
  return Object.fromEntries(Object.entries(all).filter(([path]) => !Object.keys(all).some((other) => path.startsWith(`${other}/`))));
}

function lay(folder: string, all: Record<string, Content>): void {
  for (const [path, each] of Object.entries(all)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if ('link' in each) symlinkSync(each.link, file);
    else {
      writeFileSync(file, each.text);
      chmodSync(file, each.runs ? 0o755 : 0o644);
    }
  }
}

function read(folder: string, below = ''): Record<string, Content> {
  return Object.fromEntries(
    readdirSync(join(folder, below)).flatMap((name): [string, Content][] => {
      const path = below === '' ? name : `${below}/${name}`;
      const file = join(folder, path);
      const stats = lstatSync(file);
      if (name === '.speckit') return [];
      if (stats.isSymbolicLink()) return [[path, { link: readlinkSync(file) }]];
      if (stats.isDirectory()) return Object.entries(read(folder, path));
      return [[path, { text: readFileSync(file, 'utf8'), runs: (stats.mode & 0o100) > 0 }]];
    }),
  );
}

/** How each path is to be: as in `then`, and nothing at those that only today has. */
const wantedOf = (folder: string, then: Record<string, Content>, today: Record<string, Content>): Wanted[] => [
  ...Object.entries(then).map(([path, each]): Wanted => {
    const at = join(folder, path);
    if ('link' in each) return { path: at, entry: { path: at, link: each.link } };
    return { path: at, entry: { path: at, mode: each.runs ? 0o755 : 0o644, data: Buffer.from(each.text) } };
  }),
  ...Object.keys(today).flatMap((path) => (path in then ? [] : [{ path: join(folder, path) }])),
];

describe('files of another time, in the place of today’s', () => {
  it('given any two times of a folder, then the other one stands there, and today’s is back afterwards', () => {
    fc.assert(
      fc.property(contents, contents, (today, then) => {
        const folder = temporaryFolder();
        lay(folder, today);
        const ctx = contextIn(folder);
        putInPlace(ctx, WORK, wantedOf(folder, then, today));
        expect(read(folder)).toEqual(then);
        putBack(ctx);
        expect(read(folder)).toEqual(today);
        expect(leftInPlace(ctx)).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  it('given nothing that differs, then nothing is written down', () => {
    const folder = temporaryFolder();
    lay(folder, { 'a.tf': { text: 'one', runs: false } });
    putInPlace(contextIn(folder), WORK, wantedOf(folder, read(folder), {}));
    expect(existsSync(join(folder, '.speckit'))).toBe(false);
  });

  it('given what was written in the meantime, then it stays, but for the lock file, which is Terraform’s own', () => {
    const folder = temporaryFolder();
    const text = (each: string): Content => ({ text: each, runs: false });
    lay(folder, { out: text('v2'), 'main.tf': text('v2'), '.terraform.lock.hcl': text('v2') });
    const ctx = contextIn(folder);
    const then = { 'main.tf': text('v1'), '.terraform.lock.hcl': text('v1') };
    putInPlace(ctx, WORK, wantedOf(folder, then, read(folder)));
    lay(folder, { out: text('by a provisioner'), '.terraform.lock.hcl': text('v1 and more') });
    putBack(ctx);
    expect(read(folder)).toEqual({ out: text('by a provisioner'), 'main.tf': text('v2'), '.terraform.lock.hcl': text('v2') });
  });

  it('given a process that is killed while it puts files, then another one puts today’s back', async () => {
    const module = pathToFileURL(join(import.meta.dirname, '../dist/files/in-place.js')).href;
    for (let round = 0; round < 12; round++) {
      const folder = temporaryFolder();
      const today = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`f${n}/x.tf`, { text: `today ${n}`, runs: false }]));
      const then = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`f${n + 30}/x.tf`, { text: `then ${n}`, runs: true }]));
      lay(folder, today);
      const program = `
        import { putInPlace, putBack } from ${JSON.stringify(module)};
        const ctx = { stateDir: ${JSON.stringify(join(folder, '.speckit'))}, log: { debug() {} } };
        const wanted = ${JSON.stringify(wantedOf(folder, then, today))};
        for (const { entry } of wanted) if (entry) entry.data = Buffer.from(entry.data);
        process.stdout.write('.');
        for (;;) { putInPlace(ctx, { what: 'infra', dataDir: '/nowhere' }, wanted); putBack(ctx); }`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 120));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('exit', resolve));
      putBack(contextIn(folder));
      expect(read(folder)).toEqual(today);
      rmSync(folder, { recursive: true });
    }
  });
});
