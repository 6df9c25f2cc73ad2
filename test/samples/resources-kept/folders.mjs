import { mkdir, rmdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { definePlugin } from '@ship/core';

/** Folders as resources: small enough to be read, and they depend on each other as networks and machines do. */
export default definePlugin({
  name: 'folders',
  ship: '^1',
  apply(ship) {
    ship.action('make', { input, run: make });
    ship.resource('folder', { exists: (ctx, { id }) => isThere(resolve(ctx.dir, id)), remove });
  },
});

const input = { type: 'object', required: ['path'], properties: { path: { type: 'string' } }, additionalProperties: false };

async function make(ctx, { path }) {
  const folder = { type: 'folder', id: path, commands: [`rmdir ${path}`], console_url: `file://${resolve(ctx.dir, path)}` };
  if (await isThere(resolve(ctx.dir, path))) return ctx.created({ ...folder, provenance: 'reused' });
  await ctx.created({ ...folder, provenance: 'pending' });
  await mkdir(resolve(ctx.dir, path));
  await ctx.created({ ...folder, provenance: 'created' });
}

async function remove(ctx, { id }) {
  try {
    await rmdir(resolve(ctx.dir, id));
  } catch (error) {
    if (error.code === 'ENOTEMPTY') return { blocked: 'something is still in it' };
    if (error.code !== 'ENOENT') throw error;
  }
}

const isThere = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );
