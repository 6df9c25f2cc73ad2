import fc from 'fast-check';

/** What one generated step does to the one file that it touches. */
export interface WorldStep {
  readonly id: string;
  /** `action`: a plugin's, with probe. `made`: a plugin's that notes its file as a resource, and has no undo of its own. `probed`, `plain`: commands, with and without a probe. `slow`: a command that is half done for a while. */
  readonly kind: 'action' | 'made' | 'probed' | 'plain' | 'slow';
  readonly file: string;
  readonly text: string;
  readonly fails: boolean;
  /** Runs beside the step above instead of after it. */
  readonly beside: boolean;
}

/** A pipeline, and the files that are there before it runs. */
export interface Pipeline {
  readonly steps: readonly WorldStep[];
  readonly parallel: number;
  readonly before: Readonly<Record<string, string>>;
}

const FILES = ['a', 'b', 'c', 'd'];

/** Pipelines of one to five steps. Steps that run side by side touch files of their own, for else no order would be right. */
export const pipelines: fc.Arbitrary<Pipeline> = fc
  .record({
    steps: fc.array(
      fc.record({
        kind: fc.constantFrom<WorldStep['kind'][]>('action', 'made', 'made', 'probed', 'plain', 'slow'),
        file: fc.constantFrom(...FILES),
        beside: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    fails: fc.boolean(),
    parallel: fc.integer({ min: 1, max: 3 }),
    before: fc.subarray(FILES),
  })
  .map(({ steps, fails, parallel, before }) => ({
    parallel,
    before: Object.fromEntries(before.map((file) => [file, `before ${file}`])),
    steps: steps.map(({ kind, file, beside }, index) => ({
      id: `s${index}`,
      kind,
      beside: beside && parallel > 1,
      // What is made was not there before, and no other step touches it.
      file: parallel > 1 || kind === 'made' ? `${file}${index}` : file,
      text: `text ${index}`,
      fails: fails && index === steps.length - 1,
    })),
  }));

/** The config of a pipeline. */
export function configOf({ steps, parallel }: Pipeline): string {
  const lines = steps.map((step) => JSON.stringify({ id: step.id, ...(step.beside ? { needs: [] } : {}), ...body(step) }));
  return `version: 1\nproject: crash\nplugins: [./world.mjs]\nmax_parallel: ${parallel}\nsteps:\n${lines.map((line) => `  - ${line}`).join('\n')}\n`;
}

function body({ kind, file, text, fails }: WorldStep): object {
  if (kind === 'made') return { uses: 'world/make', with: { file, text, fails } };
  if (kind === 'action') return { uses: 'world/set', with: { file, text, fails } };
  const write = `printf %s '${text}' > ${file}${fails ? '; exit 3' : ''}`;
  const undo = `if [ -n "$SHIP_CAPTURE" ]; then printf %s "$SHIP_CAPTURE" > ${file}; else rm -f ${file}; fi`;
  return {
    run: kind === 'slow' ? `printf half > ${file}; sleep 0.15; ${write}` : write,
    capture: `cat ${file} 2>/dev/null || true`,
    undo,
    ...(kind === 'probed' ? { probe: `test "$(cat ${file} 2>/dev/null)" = '${text}'` } : {}),
  };
}

/** The plugin of these pipelines: an action that sets a file, half of it first, and one that makes it as a resource. */
export const WORLD = `import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
const path = (ctx, { file }) => ctx.dir + '/' + file;
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : null);
export default { name: 'world', ship: '^1', apply: (ship) => {
ship.resource('file', { exists: (ctx, { id }) => existsSync(ctx.dir + '/' + id), remove: (ctx, { id }) => rmSync(ctx.dir + '/' + id, { force: true }) });
ship.action('make', {
  input: { type: 'object' },
  run: async (ctx, input) => {
    const file = { type: 'file', id: input.file, delete: null };
    await ctx.created({ ...file, provenance: 'pending' });
    writeFileSync(path(ctx, input), input.text);
    await ctx.created({ ...file, provenance: 'created' });
    if (input.fails) throw new Error('fails as it was told to');
  },
});
ship.action('set', {
  input: { type: 'object' },
  capture: (ctx, input) => ({ file: input.file, text: read(path(ctx, input)) }),
  run: (ctx, input) => {
    writeFileSync(path(ctx, input), 'half');
    writeFileSync(path(ctx, input), input.text);
    if (input.fails) throw new Error('fails as it was told to');
    return null;
  },
  probe: (ctx, input, before) => {
    const now = read(path(ctx, input));
    return now === before.text ? 'untouched' : now === input.text ? 'done' : 'partial';
  },
  restore: (ctx, before) => {
    if (before.text === null) rmSync(path(ctx, before), { force: true });
    else writeFileSync(path(ctx, before), before.text);
    return { changed: true };
  },
});
} };`;
