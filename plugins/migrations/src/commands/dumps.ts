import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { CommandContext, Json } from '@ship/core';
import type { Dump, Dumps } from '../dumps/kept.js';
import { errors } from '../errors.js';
import { wordsOf } from './options.js';

/** `ship migrations dumps`: what was kept before downs ran; `get ID --to FILE` writes an archive for `pg_restore`. */
export async function dumps(ctx: CommandContext, [verb, ...words]: readonly string[], kept: Dumps): Promise<Json> {
  const all = await kept.list(ctx);
  if (verb === undefined) {
    if (all.length === 0) ctx.print(`There are no dumps in ${ctx.environment}.`);
    for (const each of all) ctx.print(lineOf(each));
    return all as unknown as Json;
  }
  const [id = '', ...options] = words;
  const { to } = wordsOf(options, { to: { type: 'string' } });
  if (verb !== 'get' || id === '' || to === undefined)
    throw errors.SHIP_MIGRATIONS_USAGE({
      problem: '`ship migrations dumps` lists them, `ship migrations dumps get ID --to FILE` writes one',
    });
  const dump = all.find((each) => each.id === id);
  if (dump === undefined) throw errors.SHIP_MIGRATIONS_DUMP_UNKNOWN({ wanted: id, known: all.map((each) => each.id) });
  await written(kept.read(dump), resolve(to));
  ctx.print(`${to} holds ${dump.id}. \`pg_restore --list ${to}\` says what is in it.`);
  return dump as unknown as Json;
}

const lineOf = ({ id, tables, downs, bytes }: Dump): string =>
  `${id}  ${tables === null ? 'all tables' : tables.join(', ')}, before ${downs.join(', ')} went (${bytes} bytes)`;

/** There is a file when all of it is there; rows are for nobody else's eyes. */
async function written(pieces: AsyncIterable<Buffer>, file: string): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(pieces, createWriteStream(part, { mode: 0o600, flags: 'wx' }));
    await rename(part, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(part, { force: true });
    throw error;
  }
}
