import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project, ship } from '../support/ship.js';
import { attemptsIn } from './figures.js';

const { attempt } = attemptsIn('secrets in every form, at every place where they could come out');

const random = (bytes: number) => randomBytes(bytes).toString('base64').replaceAll('=', '');
const SECRETS: Record<string, string> = {
  API_TOKEN: `t0k/en+${random(9)} "&é%`,
  DB_PASSWORD: `p@ss/w&rd+1=\\${random(6)}`,
  LONG_TOKEN: random(96).replace(/[+/]/g, 'x'),
  PEM_PRIVATE_KEY: `-----BEGIN KEY-----\n${random(48)}\n${random(48)}\n-----END KEY-----`,
};
const LINES = Object.values(SECRETS).flatMap((value) => value.split('\n').filter((line) => !line.startsWith('-----')));

const wrapped = (text: string, width: number) =>
  Buffer.from(text)
    .toString('base64')
    .replace(new RegExp(`.{${width}}`, 'g'), '$&\n');
/** What tools write of a secret. */
const FORMS: Record<string, (value: string) => string> = {
  raw: String,
  encodeURIComponent,
  encodeURI,
  URLSearchParams: (value) => new URLSearchParams({ value }).toString(),
  'URL, user': (value) => Object.assign(new URL('postgres://db.local/x'), { username: 'me', password: value }).href,
  'URL, query': (value) => Object.assign(new URL('https://h/'), { search: `q=${value}` }).href,
  'URL, in lower case': (value) => encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
  'URL, twice': (value) => encodeURIComponent(encodeURIComponent(value)),
  JSON: (value) => JSON.stringify({ value }),
  'JSON, twice': (value) => JSON.stringify(JSON.stringify({ value })),
  'JSON in a URL': (value) => encodeURIComponent(JSON.stringify({ value })),
  'JSON, escaped': (value) => value.replace(/[\s\S]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'base64 for URLs': (value) => Buffer.from(value).toString('base64url'),
  ...Object.fromEntries(
    ['', 'a', 'ab', 'user:', 'prefix-of-20-chars--'].flatMap((before) =>
      [64, 76].map((width) => [
        `base64 at ${before.length}, wrapped at ${width}`,
        (value: string) => wrapped(`${before}${value}:x`, width),
      ]),
    ),
  ),
};
// Escaped one by one in the way that a tool does, so that none of it is a text of this file.
const SHOWN = Object.values(FORMS).flatMap((form) => Object.values(SECRETS).map((value) => form(value)));

/** Pieces of secrets that can be read in a text, by one who undoes what tools do. */
function readable(text: string): string[] {
  const layers = [text];
  for (const layer of layers.slice(0, 1)) {
    const unescaped = (each: string) =>
      each.replace(/\\u([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))).replace(/\\(.)/g, '$1');
    const fromUrl = (each: string) =>
      each.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString());
    layers.push(unescaped(layer), unescaped(unescaped(layer)), fromUrl(layer), fromUrl(fromUrl(layer)), unescaped(fromUrl(layer)));
    const joined = layer.replace(/\n(?: {2}\| )?|\\n/g, '');
    for (const [run] of joined.matchAll(/[\w+/-]{16,}/g))
      for (const skipped of [0, 1, 2, 3]) layers.push(Buffer.from(run.slice(skipped), 'base64').toString('latin1'));
  }
  const pieces = LINES.flatMap((line) => Array.from({ length: line.length - 8 }, (_, at) => line.slice(at, at + 9)));
  const all = layers.join('\0');
  return [...new Set(pieces.filter((piece) => all.includes(piece) || all.includes(Buffer.from(piece).toString('latin1'))))];
}

/** Names and contents of all files below a folder. */
function filesBelow(folder: string): [name: string, content: string][] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return [[name, ''] as [string, string], ...filesBelow(path)];
    return [[name, readFileSync(path, 'utf8')] as [string, string]];
  });
}

const PLUGIN = `
import { definePlugin } from '@ship/core';
const all = Object.values(JSON.parse(process.env.SHOWN_FORMS));
export default definePlugin({ name: 'leaky', ship: '^1', apply(ship) {
  ship.resource('thing', { remove: async () => { throw new Error('cannot remove ' + all.join(' ')); } });
  ship.action('noise', {
    capture: () => ({ before: all.join(' ') }),
    preview: () => all.map((what) => ({ kind: 'run', what })),
    describeUndo: () => 'undo ' + all.join(' '),
    run: async (ctx) => {
      for (const text of all) { ctx.log.warn('warn ' + text); ctx.output({ stream: 'stdout', text: text + '\\n' }); }
      await ctx.created({ type: 'thing', id: 'id-' + process.env.API_TOKEN, provenance: 'created', commands: ['rm ' + process.env.DB_PASSWORD] });
      return { result: all };
    },
    restore: () => ({ changed: true, summary: 'sum ' + all.join(' ') }),
  });
  ship.hooks.onFailure.tapPromise('ev', async (failure, run, notice) => notice.addEvidence('evidence ' + process.env.API_TOKEN, all.join(' ')));
  ship.hooks.beforeRun.tapPromise('fact', async (run) => run.fact('fact', process.env.LONG_TOKEN));
  ship.hooks.afterRun.tapPromise('thrower', async () => { throw new Error('after ' + all.join(' ')); });
  ship.command('leak', { summary: 'leaks', run: async (ctx) => { for (const text of all) ctx.print(text); return { all }; } });
} });
`;

const CONFIG = `version: 1
project: leak
plugins: [./leaky.mjs]
steps:
  - { id: noise, uses: leaky/noise }
  - { id: print, run: "node print.mjs; node print.mjs >&2" }
  - { id: big, run: "node print.mjs big" }
  - { id: named, name: "step \${API_TOKEN}", run: "true" }
  - { id: soft, run: "node print.mjs; exit 3", continue_on_error: true }
  - { id: f, run: 'test -z "$FAIL"', undo: "true" }
verify:
  smoke:
    - { http: "http://127.0.0.1:1/status?key=\${LONG_TOKEN}", required: false }
    - { http: "http://user:\${LONG_TOKEN}@127.0.0.1:1/", required: false }
    - { http: "http://127.0.0.1:1/a-path-that-is-so-long-that-the-name-is-cut/\${LONG_TOKEN}", required: false }
    - { tcp: "127.0.0.1:1", name: "with \${API_TOKEN} and \${DB_PASSWORD}", required: false }
    - { run: "node print.mjs; exit 1", name: "run \${API_TOKEN}", required: false }
`;
/** Once as it is; and in a large text, so that a read may end anywhere in it. */
const PRINT = `
const shown = Object.values(JSON.parse(process.env.SHOWN_FORMS));
if (process.argv[2] !== 'big') for (const text of shown) console.log(text);
else for (let at = 0; at < 12; at += 1) console.log(Buffer.from('|'.repeat(3000 + at * 37) + process.env.LONG_TOKEN + '|'.repeat(3000)).toString('base64').replace(/.{76}/g, '$&\\n'));
`;

describe('given secrets that steps, checks and plugins show in every form', () => {
  it('when ship runs, fails, goes back and is asked about it, then no piece of one can be read on a screen, in a file or in its name', async () => {
    const cwd = project(CONFIG, { 'leaky.mjs': PLUGIN, 'print.mjs': PRINT });
    const env = { ...SECRETS, SHOWN_FORMS: JSON.stringify(SHOWN) };
    const listed = JSON.parse((await ship(['--json', '--yes'], { cwd, env })).stdout) as { snapshot: string };
    for (const [args, more] of [
      [['--dry-run'], {}],
      [['--dry-run', '--json'], {}],
      [['--yes', '--verbose'], {}],
      [['--yes', '--verbose', '--auto-rollback'], { FAIL: '1' }],
      [['--yes', '--json', '--auto-rollback'], { FAIL: '1', GITHUB_ACTIONS: 'true' }],
      [['leak'], {}],
      [['leak', '--json'], {}],
      [['snapshots', 'pin', listed.snapshot, `note ${SECRETS.API_TOKEN}`], {}],
      [['--list-snapshots'], {}],
      [['snapshots', 'show', listed.snapshot], {}],
      [['status'], {}],
      [['history', '--json'], {}],
      [['doctor'], {}],
      [['--env', SECRETS.LONG_TOKEN!], {}],
      [['--rollback-to', `${'x'.repeat(60)}${SECRETS.LONG_TOKEN}`], {}],
      [[`nonsense-${SECRETS.LONG_TOKEN}`], {}],
      [['--config', `/tmp/${SECRETS.LONG_TOKEN}`], {}],
    ] as const)
      await attempt(async () => {
        const { stdout, stderr } = await ship(args, { cwd, env: { ...env, ...more } });
        expect([args.join(' '), readable(stdout), readable(stderr)]).toEqual([args.join(' '), [], []]);
      });
    const files = filesBelow(join(cwd, '.speckit'));
    expect(files.length).toBeGreaterThan(20);
    await attempt(() => {
      const found = files.flatMap(([name, content]) => [...readable(name), ...readable(content)].map((piece) => [name, piece]));
      expect(found.slice(0, 5)).toEqual([]);
    });
  });
});
