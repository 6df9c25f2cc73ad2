import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Ended, project, ship } from './support/ship.js';

const CANARIES = Object.fromEntries(
  Array.from({ length: 25 }, (_, index) => [
    `CANARY_${index}_${['TOKEN', 'PASSWORD', 'SECRET'][index % 3]}`,
    `c4n/ry+${index} "${randomBytes(9 + index).toString('base64')}"&é`,
  ]),
);
const NAMES = Object.keys(CANARIES);

const base64 = (value: string) => Buffer.from(value).toString('base64');
/** What must be found nowhere. Base64 of a part of a longer text: the middle is the same at its alignment. */
const forms = (value: string): string[] => [
  value,
  encodeURIComponent(value),
  JSON.stringify(value).slice(1, -1),
  JSON.stringify(JSON.stringify(value)).slice(3, -3),
  base64(value).replace(/=*$/, '').slice(0, -1),
  base64(value).replaceAll('+', '-').replaceAll('/', '_').replace(/=*$/, '').slice(0, -1),
  base64(`x${value}`).slice(2, -4),
  base64(`xx${value}`).slice(4, -4),
];

/** A program that prints each secret in every form, on both streams. */
const LEAK = `
const values = Object.entries(process.env).filter(([name]) => name.startsWith('CANARY_') || name === 'CUSTOMER').map(([, value]) => value);
const b = (text, how = 'base64') => Buffer.from(text).toString(how);
for (const v of values) for (const stream of [process.stdout, process.stderr])
  stream.write([v, encodeURIComponent(v), JSON.stringify({ v }), b(v), b(v, 'base64url'), b('x' + v), b('xx' + v), 'a' + v + 'b'].join('\\n') + '\\n');
`;

const everyFile = (path: string): string[] =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => everyFile(join(path, name))) : [path];

function leaks(cwd: string, { stdout, stderr }: Ended, values: readonly string[]): string[] {
  const places: [string, string][] = [
    ['stdout', stdout],
    ['stderr', stderr],
    ...everyFile(join(cwd, '.speckit')).map((file): [string, string] => [file.slice(cwd.length), readFileSync(file, 'latin1')]),
  ];
  const found = places.flatMap(([place, text]) => {
    const read = place.startsWith('/') ? Buffer.from(text, 'latin1').toString() : text;
    return values.flatMap((value, index) =>
      forms(value).flatMap((form, kind) => (read.includes(form) ? [`${place}: canary ${index}, form ${kind}`] : [])),
    );
  });
  return [...new Set(found)];
}

const config = `version: 1
project: shop
secrets: [CUSTOMER]
plugins: [./leaky.mjs]
steps:
  - id: write
    capture: cat state
    run: node leak.mjs && echo new > state
    undo: printf '%s' "$SHIP_CAPTURE" > state
  - id: undo-fails
    run: "true"
    undo: node leak.mjs; echo "$CANARY_1_PASSWORD" >&2; exit 7
  - { id: plugin, uses: leaky/act, with: { given: "\${CANARY_2_SECRET} \${CUSTOMER}" } }
verify:
  smoke:
    - { run: "node leak.mjs; exit 1", name: leaks }
`;

const leakyPlugin = `export default { name: 'leaky', ship: '^1', apply(ship) {
  const all = Object.entries(process.env).filter(([name]) => name.startsWith('CANARY_') || name === 'CUSTOMER').map(([, value]) => value).join(' | ');
  ship.action('act', {
    capture: () => ({ all, nested: [{ [process.env.CANARY_3_TOKEN]: all }] }),
    run: (ctx) => { ctx.log.warn(all); ctx.output({ stream: 'stdout', text: all + '\\n' }); return { all }; },
    restore: () => ({ changed: true, summary: 'put back ' + all }),
    remedy: () => all,
  });
  ship.hooks.beforeRun.tap('log', (run) => run.log.info(all));
  ship.hooks.onFailure.tapPromise('evidence', async (failure, run, notice) => { notice.addEvidence('env', all); throw new Error(all, { cause: new Error(all) }); });
  ship.hooks.decide.tap('why', (decision) => ({ ...decision, reasons: [...decision.reasons, all] }));
  ship.hooks.beforeRollback.tap('finding', (request, run, finding) => finding({ level: 'warn', rule: 'r', message: all }));
  ship.hooks.beforeStep.tap('skip', (step) => undefined);
} };`;

const typed = `export default { name: 'typed', ship: '^1', options: { type: 'object', properties: { port: { type: 'integer' } } }, apply() {} };`;

const CUSTOMER = 'a name that tells nothing';
const env = { ...CANARIES, CUSTOMER };
const values = [...Object.values(CANARIES), CUSTOMER];

it.each([['--json'], ['--verbose']])(
  'given 25 secrets that steps, checks, undos and a plugin print in every form, when ship %s fails and rolls back, then none is in any output or file, and the undo is given its own',
  { timeout: 60_000 },
  async (flag) => {
    const cwd = project(config, {
      'leak.mjs': LEAK,
      'leaky.mjs': leakyPlugin,
      state: `password=${CANARIES[NAMES[0]!]} ${base64(CANARIES[NAMES[1]!]!)} {{secret:CUSTOMER}}`,
    });

    const ended = await ship(['--auto-rollback', flag], { cwd, env });

    expect(ended.code).toBe(4);
    expect(ended.stdout + ended.stderr).toContain('***');
    expect(leaks(cwd, ended, values)).toEqual([]);
    expect(readFileSync(join(cwd, 'state'), 'utf8')).toBe(
      `password=${CANARIES[NAMES[0]!]} ${base64(CANARIES[NAMES[1]!]!)} {{secret:CUSTOMER}}`,
    );
  },
);

it.each<[string, string, string[]]>([
  ['a dry run', 'steps: [{ id: a, uses: leaky/act, with: { given: "${CUSTOMER}" } }]', ['--dry-run']],
  ['an input that does not fit', 'steps: [{ id: a, run: "true", cwd: ["${CUSTOMER}", "${CANARY_1_PASSWORD}"] }]', []],
  ['options that do not fit', 'plugins: [{ ./typed.mjs: { port: "${CUSTOMER} ${CANARY_1_PASSWORD}" } }]', []],
  ['options that do not fit, of a plugin that is built in', 'plugins: [{ shell: "${CUSTOMER}" }, { git: { "x": "${CUSTOMER}" } }]', []],
  ['a duration that is none', 'steps: [{ id: a, run: "true", timeout: "${CUSTOMER}" }]', []],
  ['an unknown environment', 'environments: { a: {} }', ['--env', CANARIES[NAMES[1]!]!]],
  ['an action that is unknown', 'steps: [{ id: a, uses: "${CUSTOMER}" }]', []],
  [
    'a check that is unknown',
    'steps: [{ id: a, run: "true" }]\nverify: { smoke: [{ http: "https://x/${CUSTOMER}", expect: { status: "${CUSTOMER}" } }] }',
    [],
  ],
])('given %s that shows a secret, when ship ends, then it is masked in document and errors', async (_, lines, args) => {
  const cwd = project(
    `version: 1\nproject: shop\nsecrets: [CUSTOMER]\n${lines.includes('plugins:') ? '' : 'plugins: [./leaky.mjs]\n'}${lines}\n`,
    { 'leaky.mjs': leakyPlugin, 'typed.mjs': typed },
  );
  const ended = await ship([...args, '--json'], { cwd, env });
  for (const value of values) expect(ended.stdout + ended.stderr).not.toContain(value);
});
