import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { definePlugin } from '@ship/core';

/** Writes down what happens, and can touch a file. */
export default definePlugin({
  name: 'witness',
  ship: '^1',
  options: {
    type: 'object',
    properties: { file: { type: 'string', description: 'Where to write what happens.' } },
    required: ['file'],
    additionalProperties: false,
  },
  apply(ship, options) {
    const note = (ctx, line) => appendFile(resolve(ctx.dir, options.file), `${line}\n`);

    ship.hooks.beforeStep.tapPromise('witness', async (step, ctx) => {
      await note(ctx, `beforeStep ${step.id}`);
    });
    ship.hooks.onFailure.tapPromise('witness', async (failure, ctx) => {
      await note(ctx, `onFailure ${failure.trigger} ${failure.severity}`);
    });
    ship.hooks.afterRollback.tapPromise('witness', async (rollback, ctx) => {
      await note(ctx, `afterRollback ${rollback.remaining.length === 0 ? 'complete' : 'incomplete'}`);
    });

    ship.action('touch', touch);
  },
});

/** `uses: witness/touch`: a file has the given text; undone, it is as it was. */
const touch = {
  input: {
    type: 'object',
    properties: { path: { type: 'string' }, text: { type: 'string' } },
    required: ['path'],
    additionalProperties: false,
  },
  preview: (ctx, { path }) => [{ kind: 'update', what: resolve(ctx.dir, path) }],
  capture: async (ctx, { path }) => ({ text: await textOf(resolve(ctx.dir, path)) }),
  run: async (ctx, { path, text = '' }) => {
    await writeFile(resolve(ctx.dir, path), text);
    return { path };
  },
  probe: async (ctx, { path, text = '' }, before) => {
    const now = await textOf(resolve(ctx.dir, path));
    if (now === before.text) return 'untouched';
    return now === text ? 'done' : 'partial';
  },
  restore: async (ctx, before, _result, { path }) => {
    if (before.text === null) await rm(resolve(ctx.dir, path), { force: true });
    else await writeFile(resolve(ctx.dir, path), before.text);
    return { changed: true, summary: before.text === null ? `${path} removed` : `${path} as it was` };
  },
  describeUndo: ({ path }) => `puts ${path} back as it was`,
};

/** The text of a file; null where there is none. */
async function textOf(path) {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
