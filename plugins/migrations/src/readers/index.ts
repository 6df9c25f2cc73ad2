import { suggest } from '@ship/core';
import { errors } from '../errors.js';
import type { Dialect, History, Reader } from '../migration.js';
import { alembic } from './alembic.js';
import { dbmate } from './dbmate.js';
import { diesel } from './diesel.js';
import { django } from './django.js';
import { drizzle } from './drizzle.js';
import { isFolder } from './files.js';
import { flyway } from './flyway.js';
import { golangMigrate } from './golang-migrate.js';
import { goose } from './goose.js';
import { knex } from './knex.js';
import { liquibase } from './liquibase.js';
import { nodePgMigrate } from './node-pg-migrate.js';
import { prisma } from './prisma.js';
import { rails } from './rails.js';
import { sequelize } from './sequelize.js';
import { sqitch } from './sqitch.js';
import { typeorm } from './typeorm.js';

/** All of them, in the order in which they are tried. */
export const READERS: readonly Reader[] = [
  // A file of their own marks the folder.
  sqitch,
  drizzle,
  prisma,
  diesel,
  // Markers in SQL.
  dbmate,
  goose,
  liquibase,
  nodePgMigrate,
  // Names alone.
  golangMigrate,
  flyway,
  // Programs.
  typeorm,
  sequelize,
  knex,
  rails,
  alembic,
  django,
];

/** Reads a folder, absolute, with the reader that is named, or with the one that recognises it. Throws where there is none, or more than one. */
export function readHistory(
  folder: string,
  { tool, dialect }: { tool?: string; dialect?: Dialect } = {},
): { reader: Reader['name']; history: History } {
  const chosen = tool === undefined ? undefined : readerNamed(tool);
  if (!isFolder(folder)) throw errors.SHIP_MIGRATIONS_NONE({ folder, problem: 'there is no such folder' });
  try {
    const reader = chosen ?? recognised(folder);
    return { reader: reader.name, history: reader.read(folder, dialect === undefined ? {} : { dialect }) };
  } catch (cause) {
    // A folder below it that may not be entered, say.
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw errors.SHIP_MIGRATIONS_NONE({ folder, problem: cause.message }, { cause });
  }
}

function readerNamed(tool: string): Reader {
  const known = READERS.map(({ name }) => name);
  const reader = READERS.find(({ name }) => name === tool);
  if (reader === undefined) throw errors.SHIP_MIGRATIONS_TOOL_UNKNOWN({ tool, known, suggestion: suggest(tool, known) });
  return reader;
}

function recognised(folder: string): Reader {
  const [reader, ...others] = READERS.filter((each) => each.recognises(folder));
  if (reader === undefined) throw errors.SHIP_MIGRATIONS_NONE({ folder, problem: 'it is laid out as none of the known tools has it' });
  if (others.length > 0) throw errors.SHIP_MIGRATIONS_AMBIGUOUS({ folder, tools: [reader, ...others].map(({ name }) => name) });
  return reader;
}
