import { normalize, relative, resolve } from 'node:path';
import { type Context, type JsonSchema, parseDuration, sha256 } from '@ship/core';
import { dialectOf } from './database/url.js';
import { errors } from './errors.js';
import type { Dialect } from './migration.js';

/** What stands for a tool that is not known. Each is read by a shell, which has the id of the migration in $SHIP_MIGRATION. */
export type Commands = {
  /** Prints the ids of what is applied, a line each, oldest first. */
  readonly list: string;
  /** Applies one: the oldest that is not applied yet. */
  readonly up: string;
  /** Takes the newest one back. */
  readonly down?: string;
  /** Tables that the tool keeps for itself. */
  readonly own?: string[];
};

/** What options and steps may both say. */
export type ProjectInput = {
  readonly dir?: string;
  readonly tool?: string;
  readonly dialect?: Dialect;
  readonly url?: string;
  readonly commands?: Commands;
  readonly lock_timeout?: string;
  readonly dump?: boolean;
};

/** The options in `plugins:`. */
export interface Options extends ProjectInput {
  /** `check` and `rehearse` judge programs by the SQL that their tool prints, as with `--print`: that executes them. */
  readonly print?: boolean;
  /** What is different in one environment. */
  readonly environments?: Readonly<Record<string, ProjectInput>>;
}

/** A folder of migrations, and the database that they are for. */
export interface Project {
  /** Unique in the environment; for names of files and keys. */
  readonly name: string;
  /** The folder, as people know it. */
  readonly dir: string;
  /** The folder. */
  readonly folder: string;
  /** The tool that is asked for; absent: the one whose layout it is. */
  readonly wanted?: string;
  /** What the URL says, and the options where nobody knows its kind. */
  readonly dialect?: Dialect;
  readonly url: string;
  /** The folder of the config: relative paths of SQLite begin there. */
  readonly base: string;
  readonly commands?: Commands;
  /** What downs may lose rows of is dumped before. */
  readonly dumps: boolean;
  /** How long a statement waits for a lock, in milliseconds; undefined: as long as it takes. */
  readonly lockTimeoutMs?: number;
}

type Where = Pick<Context, 'dir' | 'environment' | 'env'>;

/** What the options say, and over it what they say of the environment. */
export const optionsIn = (
  { environment }: Pick<Where, 'environment'>,
  { environments, ...options }: Options,
): Omit<Options, 'environments'> => ({
  ...options,
  ...environments?.[environment],
});

const LOCK_TIMEOUT = '10s';

/** What the options say, over it what they say of the environment, and over that what the step says. Throws SHIP_MIGRATIONS_USAGE. */
export function projectOf(where: Where, options: Options, input: ProjectInput = {}): Project {
  const { dir, tool, dialect, url, commands, lock_timeout, dump = false } = { ...optionsIn(where, options), ...input };
  if (dir === undefined)
    throw errors.SHIP_MIGRATIONS_USAGE({
      problem: '`dir` names the folder of the migrations, in the step or in the options of the plugin',
    });
  const database = url ?? where.env.DATABASE_URL;
  if (database === undefined || database === '')
    throw errors.SHIP_MIGRATIONS_USAGE({
      problem: '`url` names the database, in the step or in the options of the plugin, as DATABASE_URL does',
    });
  const spoken = dialectOf(database) ?? dialect;
  refuseContradictions(dialect, spoken, dump);
  const folder = resolve(where.dir, dir);
  const place = normalize(relative(where.dir, folder) || '.');
  const timeout = lock_timeout ?? LOCK_TIMEOUT;
  return {
    name: nameOf(place),
    dir: place,
    folder,
    ...(tool === undefined ? {} : { wanted: tool }),
    ...(spoken === undefined ? {} : { dialect: spoken }),
    url: database,
    base: where.dir,
    dumps: dump,
    ...(commands === undefined ? {} : { commands }),
    // The schema has seen that it is a duration.
    ...(timeout === 'none' ? {} : { lockTimeoutMs: parseDuration(timeout)! }),
  };
}

/** What cannot be is said before anything has happened. Throws SHIP_MIGRATIONS_USAGE. */
function refuseContradictions(dialect: Dialect | undefined, spoken: Dialect | undefined, dump: boolean): void {
  if (dialect !== undefined && dialect !== spoken)
    throw errors.SHIP_MIGRATIONS_USAGE({ problem: `\`dialect\` says ${dialect}, and \`url\` names a database of ${spoken}` });
  if (dump && spoken !== undefined && spoken !== 'postgres')
    throw errors.SHIP_MIGRATIONS_USAGE({ problem: `\`dump\` is done by pg_dump, and \`url\` names a database of ${spoken}` });
}

/** Readable and unique: where characters had to be replaced, a hash is added. */
function nameOf(dir: string): string {
  const readable =
    dir
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'root';
  return readable === dir ? readable : `${readable}-${sha256(dir).slice(0, 6)}`;
}

const text = { type: 'string', minLength: 1 };

/** What options and steps may both say about a folder of migrations; a step wins. */
const projectProperties = {
  dir: { ...text, description: 'The folder of the migrations, relative to the folder of the config.' },
  tool: { ...text, description: 'The tool that they are of, such as `dbmate`. Default: the one whose layout it is.' },
  dialect: {
    type: 'string',
    enum: ['postgres', 'mysql', 'sqlite'],
    description: 'The language of the database. Default: what `url` says; to judge without one, what the folder says, or `postgres`.',
  },
  url: { ...text, description: 'The database, such as `${DATABASE_URL}`. Default: DATABASE_URL of the environment.' },
  commands: {
    type: 'object',
    additionalProperties: false,
    required: ['list', 'up'],
    properties: {
      list: { ...text, description: 'Prints the ids of what is applied, a line each, oldest first.' },
      up: { ...text, description: 'Applies $SHIP_MIGRATION, the oldest that is not applied yet.' },
      down: { ...text, description: 'Takes back $SHIP_MIGRATION, the newest that is applied.' },
      own: { type: 'array', items: text, description: 'Tables that the tool keeps for itself.' },
    },
    description: 'In place of a tool that is not known, or that is called in another way.',
  },
  lock_timeout: {
    type: 'string',
    pattern: '^(?:none|[0-9]+(?:ms|s|m|h))$',
    title: 'a duration such as 10s, or none',
    description: 'How long a statement may wait for a lock of the database. Default: 10s.',
  },
  dump: {
    type: 'boolean',
    description: 'Keep the tables that a down may lose rows of, by `pg_dump`, before it runs. Default: false.',
  },
};

/** The options in `plugins:`. */
export const optionsSchema: JsonSchema = {
  $id: 'ship:migrations/options',
  type: 'object',
  additionalProperties: false,
  properties: {
    ...projectProperties,
    print: {
      type: 'boolean',
      description:
        'Programs are judged by the SQL that their tool prints, by `check` and `rehearse` too, as with `--print`: that executes them.',
    },
    environments: {
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: false, properties: projectProperties },
      description: 'What is different in one environment, by its name.',
    },
  },
};

/** The input of an action, with what is its own. */
export const projectInput = ($id: string, more: object = {}): JsonSchema => ({
  $id,
  type: 'object',
  additionalProperties: false,
  properties: { ...projectProperties, ...more },
});
