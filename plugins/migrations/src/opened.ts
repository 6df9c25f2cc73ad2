import type { Context } from '@ship/core';
import type { Judged } from './analyse.js';
import { readSchema } from './database/catalog.js';
import { connect } from './database/connect.js';
import type { Connection } from './database/connection.js';
import { errors } from './errors.js';
import type { Dialect, History, Migration } from './migration.js';
import { withPrinted } from './printed/index.js';
import { placeOf } from './printed/place.js';
import type { Project } from './project.js';
import { filesIn } from './readers/files.js';
import { readHistory } from './readers/index.js';
import { opaqueScript } from './readers/script.js';
import { commandsTool } from './tools/commands.js';
import { environmentOf } from './tools/environment.js';
import { TOOLS } from './tools/known.js';
import type { Applied, Call, Tool } from './tools/tool.js';

/** A project whose folder is read, and whose database is connected to. */
export interface Opened {
  readonly project: Project;
  readonly tool: Tool;
  /** In the order in which the tool applies them; without those that it applies anew whenever they change. */
  readonly migrations: readonly Migration[];
  readonly history: History;
  readonly connection: Connection;
  /** These, with the SQL that the tool prints in the place of programs. */
  printed(range: Judged): Promise<Judged>;
  /** What is applied now. */
  applied(): Promise<Applied>;
  /** The schema as it is now, without what the tool keeps for itself: a line for each thing. */
  schema(): Promise<string[]>;
  /** Tells the tool something, and waits for it. */
  call(call: Call): Promise<void>;
}

/** Reads a folder, as its tool does. Throws where the tool cannot be told to apply it. */
function readProject({ folder, wanted, dialect, url, commands }: Project): { tool: Tool; reader: string; history: History } {
  const options = { ...(wanted === undefined ? {} : { tool: wanted }), ...(dialect === undefined ? {} : { dialect }) };
  if (commands !== undefined) return { tool: commandsTool(commands), ...historyOf(folder, options) };
  const { reader, history } = readHistory(folder, options);
  const tool = TOOLS.find(({ name }) => name === reader);
  if (tool === undefined || !speaks(tool, dialect))
    throw errors.SHIP_MIGRATIONS_TOOL_MUTE({
      tool: reader,
      dialect,
      known: TOOLS.filter((each) => speaks(each, dialect)).map(({ name }) => name),
    });
  const isMissing = history.flaws.some(({ rule }) => rule === 'dialect-missing');
  if (dialect !== undefined && (isMissing || (history.dialect ?? dialect) !== dialect))
    throw errors.SHIP_MIGRATIONS_USAGE({
      problem: `the migrations are not written for ${dialect}, and \`url\` names such a database${history.dialect === undefined ? '' : `: they are for ${history.dialect}`}`,
    });
  if (tool.hasOwnBase === true && dialect === 'sqlite' && !/^\w+:\//.test(url))
    throw errors.SHIP_MIGRATIONS_USAGE({
      problem: `${reader} reads a relative path of SQLite in its own way: name the file by an absolute one`,
    });
  return { tool, reader, history };
}

const speaks = ({ dialects = [] }: Tool, dialect: Dialect = 'postgres'): boolean => dialect === 'postgres' || dialects.includes(dialect);

/** Of a tool that nobody knows, each file is a migration, by its name, and nobody can tell what it does. */
function historyOf(folder: string, options: Parameters<typeof readHistory>[1]): { reader: string; history: History } {
  try {
    return readHistory(folder, options);
  } catch (error) {
    if (options?.tool !== undefined || (error as { code?: string }).code !== 'SHIP_MIGRATIONS_NONE') throw error;
    const opaque = (file: string) => [opaqueScript({ file, text: '' }, 'it is of a tool that is not known')];
    const migrations = filesIn(folder).map((id) => ({ id, name: '', up: opaque(id), down: opaque(id) }));
    return { reader: '', history: { migrations, flaws: [] } };
  }
}

/** Does work with a project. What changes nothing says so, and the database holds it to that. */
export async function withProject<T>(
  ctx: Context,
  project: Project,
  work: (opened: Opened) => Promise<T>,
  { looks }: { looks?: true } = {},
): Promise<T> {
  const { tool, reader, history } = readProject(project);
  const connection = await connect(project.url, { base: project.base, ...(looks ? { readOnly: true } : {}) });
  const migrations = history.migrations.filter(({ repeatable }) => repeatable !== true);
  const { folder, url } = project;
  const programs = { tool: reader, root: folder, place: placeOf(ctx, { folder, url, dialect: connection.dialect }), known: new Map() };
  try {
    return await work({
      project,
      tool,
      history,
      migrations,
      connection,
      printed: (range) => withPrinted(range, programs),
      applied: () => (project.commands === undefined ? tool.applied(connection, { ...history, migrations }) : listed(ctx, project)),
      schema: () => readSchema(connection, tool.own),
      call: (call) => told(ctx, project, call),
    });
  } finally {
    await connection.close().catch(() => {});
  }
}

async function listed(ctx: Context, { url, commands }: Project): Promise<Applied> {
  const { stdout } = await ctx.exec(['/bin/sh', '-euc', commands!.list], {
    env: environmentOf(ctx, { DATABASE_URL: url }),
    onOutput: null,
  });
  const ids = stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return { ids };
}

async function told(ctx: Context, { lockTimeoutMs, dialect }: Project, { argv, env = {} }: Call): Promise<void> {
  // The others have no such variable.
  if (dialect !== 'postgres') return void (await ctx.exec(argv, { env: environmentOf(ctx, env), output: 'combined' }));
  const options = [ctx.env.PGOPTIONS, lockTimeoutMs === undefined ? undefined : `-c lock_timeout=${lockTimeoutMs}`];
  const pgOptions = options.filter((each) => each !== undefined).join(' ');
  await ctx.exec(argv, { env: environmentOf(ctx, { ...env, ...(pgOptions === '' ? {} : { PGOPTIONS: pgOptions }) }), output: 'combined' });
}

/** What is not applied yet, oldest first. */
export const pendingOf = (migrations: readonly Migration[], { ids }: Applied): Migration[] =>
  migrations.filter(({ id }) => !ids.includes(id));
