import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Connection, Row } from '../database/connection.js';
import { errors } from '../errors.js';

const LIBRARY = '@electric-sql/pglite';

interface Request {
  readonly number: number;
  readonly text: string;
  /** Absent: several statements, without answers. */
  readonly values?: readonly unknown[];
}
interface Answer {
  readonly number: number;
  readonly rows?: Row[];
  readonly error?: Readonly<Record<string, unknown>>;
}

/**
 * A PostgreSQL in memory. The library is large, so it is there only where somebody has installed it: beside ship, or in the
 * project. A statement holds its thread until it ends, so it has one of its own: Ctrl-C is heard, and `close` ends whatever
 * runs. Throws SHIP_MIGRATIONS_EMBEDDED.
 */
export async function startEmbedded(dir: string, extensions: readonly string[]): Promise<Connection> {
  const library = place(dir, LIBRARY);
  if (library === undefined) throw errors.SHIP_MIGRATIONS_EMBEDDED({ problem: `${LIBRARY} is not installed` });
  const contrib = extensions.flatMap((name) => {
    const module = place(dir, `${LIBRARY}/contrib/${name}`);
    return module === undefined ? [] : [[name, module] as const];
  });
  const worker = new Worker(`(${serve})()`, { eval: true, workerData: { library, contrib } });
  const open = new Map<number, (answer: Omit<Answer, 'number'>) => void>();
  worker.on('message', ({ number, ...answer }: Answer) => {
    open.get(number)?.(answer);
    open.delete(number);
  });
  const ended = (message: string) => {
    for (const answer of open.values()) answer({ error: { message } });
    open.clear();
  };
  worker.on('error', (error) => ended((error as Error).message));
  worker.on('exit', () => ended('the embedded database was closed'));
  let last = 0;
  const ask = (request: Omit<Request, 'number'>): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      const number = ++last;
      open.set(number, ({ rows = [], error }) =>
        error === undefined ? resolve(rows) : reject(Object.assign(new Error(String(error.message)), error)),
      );
      worker.postMessage({ number, ...request } satisfies Request);
    });
  await ask({ text: '' }).catch((error: Error) => {
    throw errors.SHIP_MIGRATIONS_EMBEDDED({ problem: error.message });
  });
  return {
    dialect: 'postgres',
    query: (text, values = []) => ask({ text, values }),
    run: async (text) => void (await ask({ text })),
    close: async () => void (await worker.terminate()),
  };
}

/** Where a module lies, beside ship or in the project. */
function place(dir: string, name: string): string | undefined {
  for (const from of [import.meta.url, join(dir, 'package.json')])
    try {
      return createRequire(from).resolve(name);
    } catch {
      // Perhaps in the other.
    }
  return undefined;
}

/** What runs in the thread. Its text is sent there, so that the bundle of the command needs no more files: it uses nothing from outside of it. */
function serve(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const require = process.getBuiltinModule('node:module').createRequire(workerData.library);
  const start = async () => {
    const { PGlite } = require(workerData.library) as typeof import('@electric-sql/pglite');
    const extensions: Record<string, import('@electric-sql/pglite').Extension> = {};
    for (const [name, module] of workerData.contrib) extensions[name] = require(module)[name];
    return PGlite.create({ extensions });
  };
  const started = start();
  const answer = async ({ text, values }: Request): Promise<Row[]> => {
    const database = await started;
    if (values !== undefined) return (await database.query<Row>(text, [...values])).rows;
    await database.exec(text);
    return [];
  };
  let before: Promise<void> = Promise.resolve();
  parentPort!.on('message', (request: Request) => {
    before = before.then(() =>
      answer(request).then(
        (rows) => parentPort!.postMessage({ number: request.number, rows }),
        ({ message, code, position, detail }) =>
          parentPort!.postMessage({ number: request.number, error: { message, code, position, detail } }),
      ),
    );
  });
}
