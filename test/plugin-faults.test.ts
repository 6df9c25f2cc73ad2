import { describe, expect, it } from 'vitest';
import { documentOf } from './support/report.js';
import { project, ship } from './support/ship.js';

describe('a plugin that never settles', () => {
  const FAULTS: [string, string, string][] = [
    ['while it is loaded', 'await new Promise(() => {});\nexport default {};', 'plugin ./odd.mjs was not loaded within 10 s'],
    [
      'while it is set up',
      "export default { name: 'odd', ship: '^1', apply: () => new Promise(() => {}) };",
      'plugin odd was not set up within 10 s',
    ],
    [
      'and keeps a timer',
      "setInterval(() => {}, 1000);\nexport default { name: 'odd', ship: '^1', apply: () => new Promise(() => {}) };",
      'plugin odd was not set up within 10 s',
    ],
  ];

  // Side by side, because each takes its 10 s; not as tests of their own, whose folders would be removed with the first.
  it('given one that never ends while it is loaded or set up, when ship runs, then it ends by itself with 2 and names the plugin', async () => {
    await Promise.all(
      FAULTS.map(async ([when, text, message]) => {
        const cwd = project('version: 1\nproject: shop\nplugins: [./odd.mjs]\nsteps: [{ id: a, run: "true" }]\n', { 'odd.mjs': text });
        const ended = await ship(['--json'], { cwd });
        expect(documentOf(ended), when).toMatchObject({
          exit_code: 2,
          status: 'refused',
          errors: [{ code: 'SHIP_PLUGIN_TIMEOUT', message, at: 'ship.yaml:3:11' }],
        });
      }),
    );
  });
});

describe('a module with a syntax error', () => {
  it.each([
    ['a module', './odd.mjs', { 'odd.mjs': 'export const a = 1;\n\nexport default {;\n' }, "odd.mjs:3: Unexpected token ';'"],
    ['a script', './odd.cjs', { 'odd.cjs': 'const a = 1;\nmodule.exports = {;\n' }, "odd.cjs:2: Unexpected token ';'"],
    [
      'a module that imports what is not there',
      './odd.mjs',
      { 'odd.mjs': "\nimport { no } from './good.mjs';", 'good.mjs': '' },
      "odd.mjs:2: The requested module './good.mjs' does not provide an export named 'no'",
    ],
  ])('given %s, when ship runs, then 2, and its file and line are told', async (_, reference, files, problem) => {
    const cwd = project(`version: 1\nproject: shop\nplugins: [${reference}]\n`, files as Record<string, string>);
    const ended = await ship(['validate', '--json'], { cwd });
    expect(documentOf(ended)).toMatchObject({
      exit_code: 2,
      errors: [{ code: 'SHIP_PLUGIN_FAILED', message: `plugin ${reference} cannot be loaded: ${problem}`, at: 'ship.yaml:3:11' }],
    });
  });
});

describe('a plugin whose preview is nonsense', () => {
  const PLUGIN = `export default { name: 'odd', ship: '^1', apply(ship) {
  const run = () => null;
  ship.action('shape', { run, preview: () => [{ action: 'create', name: 1 }] });
  ship.action('throws', { run, preview: () => { throw new TypeError('boom'); } });
  ship.action('text', { run, preview: () => 'x' });
  ship.action('undo', { run, describeUndo: () => ({}) });
} };
`;

  it('given four of them and a good one, when ship previews, then 2, each is named with its plugin, and the good one is shown', async () => {
    const steps = ['shape', 'throws', 'text', 'undo'].map((name) => `{ id: ${name}, uses: odd/${name} }`);
    const config = `version: 1\nproject: shop\nplugins: [./odd.mjs]\nsteps: [${steps.join(', ')}, { id: good, run: make good }]\n`;
    const cwd = project(config, { 'odd.mjs': PLUGIN });
    const document = documentOf(await ship(['--dry-run', '--json'], { cwd }));
    const messages = [
      'plugin odd: the preview of step shape (odd/shape) answered [{"action":"create","name":1}], which is no list of changes',
      'plugin odd: the preview of step throws (odd/throws) failed: boom',
      'plugin odd: the preview of step text (odd/text) answered "x", which is no list of changes',
      'plugin odd: the preview of step undo (odd/undo) is undone by {}, which is no text',
    ];
    expect(document).toMatchObject({
      exit_code: 2,
      status: 'refused',
      errors: messages.map((message) => ({ code: 'SHIP_PREVIEW_CONTRACT', message })),
    });
    expect(document.plan?.at(-1)).toMatchObject({ id: 'good', changes: [{ kind: 'run', what: 'make good' }] });
    const { stdout } = await ship(['--dry-run'], { cwd });
    expect(stdout).toContain('make good');
  });
});
