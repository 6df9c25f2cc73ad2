// Appends COUNT records of 200 bytes durably, each of WRITERS waiting for its own, and prints what each took in ns.
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [kind, folder, count, writers, library] = process.argv.slice(2);
const RECORD = 200;
/** Before that V8 has not optimised what is hot, and Node has not loaded its crypto: a start, which is measured elsewhere. */
const WARM_UP = 500;
const core = (path) => import(new URL(`../../packages/core/dist/${path}`, import.meta.url).href);

const WRITERS = {
  node(folder) {
    const fd = openSync(join(folder, 'journal'), 'a');
    const record = Buffer.from(`${'x'.repeat(RECORD - 1)}\n`);
    const append = () => {
      writeSync(fd, record);
      fdatasyncSync(fd);
    };
    return { append, close: () => closeSync(fd) };
  },

  async appender(folder) {
    const { FileAppender } = await core('store/appender.js');
    const appender = await FileAppender.open(join(folder, 'journal'));
    const record = `${'x'.repeat(RECORD - 1)}\n`;
    return { append: () => appender.append(record), close: () => appender.close() };
  },

  /** With its frame, its hash and its redactor, which knows of no secret here. */
  async journal(folder) {
    const [{ Journal }, { FileStore }, { Redactor }] = await Promise.all([
      core('journal/journal.js'),
      core('store/file.js'),
      import(new URL('../../packages/redact/dist/index.js', import.meta.url).href),
    ]);
    const journal = await Journal.create(new FileStore(folder), 'bench', 'run', new Redactor());
    const envelope = '{"seq":1000,"at":"","type":"evidence","name":"n","text":"","hash":""}\n'.length + 24 + 32;
    const entry = { type: 'evidence', name: 'n', text: 'x'.repeat(RECORD - envelope) };
    return { append: () => journal.append(entry), close: () => journal.close() };
  },

  sqlite(folder) {
    const Database = createRequire(import.meta.url)(library);
    const database = new Database(join(folder, 'journal.db'));
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec('CREATE TABLE journal (seq INTEGER PRIMARY KEY, record TEXT)');
    const insert = database.prepare('INSERT INTO journal (record) VALUES (?)');
    const record = 'x'.repeat(RECORD);
    return { append: () => insert.run(record), close: () => database.close() };
  },
};

/** Appends to a stream of its own, and answers how long all of it took, and each record. */
async function writeAll(place, records) {
  const { append, close } = await WRITERS[kind](place);
  const took = [];
  let left = records;
  const write = async () => {
    while (left-- > 0) {
      const started = process.hrtime.bigint();
      await append();
      took.push(process.hrtime.bigint() - started);
    }
  };
  const started = process.hrtime.bigint();
  await Promise.all(Array.from({ length: Number(writers) }, write));
  const whole = process.hrtime.bigint() - started;
  await close();
  return [whole, ...took];
}

const warm = join(folder, 'warm');
mkdirSync(warm);
await writeAll(warm, Math.min(WARM_UP, Number(count)));
process.stdout.write(`${(await writeAll(folder, Number(count))).join('\n')}\n`);
