import type { CommandContext, Json } from '@ship/core';
import { dialectOf } from '../database/url.js';
import { errors } from '../errors.js';
import type { Options } from '../project.js';
import { type Rehearsed, rehearse as rehearseAll } from '../rehearsal/rehearse.js';
import { beside, embedded } from '../rehearsal/scratch.js';
import { loadParser } from '../sql/parser.js';
import { wordsOf } from './options.js';
import { printedRangeOf } from './range.js';

const text = { type: 'string' } as const;
const OPTIONS = { from: text, to: text, dir: text, tool: text, url: text, print: { type: 'boolean' } } as const;
const NOT_EXACT = 6;

/** `ship migrations rehearse`: executes ups and downs in a database of their own, and compares what was there with what is there. */
export async function rehearse(ctx: CommandContext, words: readonly string[], options: Options): Promise<Json> {
  const asked = wordsOf(words, OPTIONS);
  await loadParser();
  const { before, judged, dialect } = await printedRangeOf(ctx, asked, options);
  if (asked.url !== undefined && dialectOf(asked.url) !== 'postgres')
    throw errors.SHIP_MIGRATIONS_USAGE({ problem: '--url names no PostgreSQL, and migrations are rehearsed in one' });
  if (dialect !== undefined && dialect !== 'postgres')
    throw errors.SHIP_MIGRATIONS_USAGE({ problem: `migrations of ${dialect} cannot be rehearsed: only those of postgres can` });
  const scratch = asked.url === undefined ? await embedded(ctx.dir, [...before, ...judged]) : await beside(asked.url);
  try {
    const migrations = await untilAborted(
      ctx,
      rehearseAll(scratch, { before, judged }, (each) => show(ctx, each)),
    );
    const isExact = migrations.every(({ verdict }) => verdict === 'exact' || verdict === 'none');
    if (migrations.length === 0) ctx.print('No migration lies between the two.');
    if (!isExact) ctx.refuse(NOT_EXACT);
    return { exact: isExact, migrations } as unknown as Json;
  } finally {
    await scratch.close();
  }
}

/** Ctrl-C ends the wait; what was made for the rehearsal is dropped by whoever waits. */
function untilAborted<T>({ signal }: CommandContext, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

const SAID: Readonly<Record<Rehearsed['verdict'], string>> = {
  exact: '✓ the down is the exact inverse',
  differs: '✗ after the down it is not what it was',
  fails: '✗ the down fails',
  none: '! there is no down',
  'not-rehearsed': '! not rehearsed',
};

function show({ print }: CommandContext, { id, name, verdict, differences, loses, without_rows }: Rehearsed): void {
  print(`${id}${name === '' ? '' : ` ${name}`}`);
  print(`  ${SAID[verdict]}`);
  if (verdict !== 'none') for (const each of differences) print(`      ${each}`);
  for (const each of loses) print(`      of what was written since: ${each}`);
  if (without_rows.length > 0) print(`      no rows could be made up for ${without_rows.join(', ')}, so what is lost of them was not seen`);
}
