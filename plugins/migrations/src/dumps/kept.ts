import { createReadStream } from 'node:fs';
import type { Context, Objects, Store } from '@ship/core';

/** What was in the tables that downs were about to change. Plain JSON. */
export type Dump = {
  readonly format: 1;
  /** When it was made, and of what: `20261130T092501Z-db-migrations`. */
  readonly id: string;
  /** An ISO timestamp. */
  readonly at: string;
  /** The folder of the migrations, as people know it. */
  readonly dir: string;
  /** The migrations that were taken back after it, newest first. */
  readonly downs: readonly string[];
  /** The tables, with their schemas; null: all that there are. */
  readonly tables: readonly string[] | null;
  /** The key of the archive, as `pg_dump --format=custom` writes it. */
  readonly archive: string;
  readonly bytes: number;
};

/** How many an environment keeps. */
const KEPT = 10;

/** The dumps of an environment, oldest first. */
export class Dumps {
  constructor(
    private readonly store: Store,
    private readonly objects: Objects,
  ) {}

  /** Keeps a file as the archive of a dump, and gives up the oldest ones. */
  async keep(ctx: Pick<Context, 'environment'>, file: string, dump: Omit<Dump, 'archive' | 'format'>): Promise<Dump> {
    const kept: Dump = { format: 1, ...dump, archive: await this.objects.write(createReadStream(file)) };
    const all = [...(await this.list(ctx)), kept];
    const staying = all.slice(-KEPT);
    await this.objects.hold(
      `migrations-${ctx.environment}-dumps`,
      staying.map(({ archive }) => archive),
    );
    await this.store.put(keyOf(ctx), `${JSON.stringify(staying, null, 2)}\n`);
    return kept;
  }

  async list(ctx: Pick<Context, 'environment'>): Promise<Dump[]> {
    const stored = await this.store.get(keyOf(ctx));
    return stored === undefined ? [] : (JSON.parse(stored.value.toString('utf8')) as Dump[]);
  }

  /** The archive, piece by piece; damaged ones throw at their end. */
  read({ archive }: Dump): AsyncIterable<Buffer> {
    return this.objects.read(archive);
  }
}

const keyOf = ({ environment }: Pick<Context, 'environment'>): string => `state/${environment}/migration-dumps.json`;
