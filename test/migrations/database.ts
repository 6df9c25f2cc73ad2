import pg from 'pg';

/** What came of a statement: `00000` and what it read, or the error. */
export interface Outcome {
  readonly state: string;
  readonly result: string | null;
}

export const WORKED = '00000';

/** Databases of a server of one's own, made and removed again. */
export interface Databases {
  /** Makes one, as a copy of `template`, and removes it when `use` has ended. */
  within<T>(use: (db: pg.Client) => Promise<T>, template?: string): Promise<T>;
  /** Makes one that stays, for others to be copied from. */
  keep<T>(name: string, use: (db: pg.Client) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

export async function openDatabases(url: string): Promise<Databases> {
  const admin = await connect(url);
  // The old code owns nothing, so that rights and row security hold for it.
  await admin.query('CREATE ROLE app');
  const use = async <T>(name: string, job: (db: pg.Client) => Promise<T>): Promise<T> => {
    const db = await connect(url.replace('/postgres?', `/${name}?`));
    try {
      await db.query(ATTEMPT);
      return await job(db);
    } finally {
      await db.end();
    }
  };
  let made = 0;
  return {
    async within(job, template = 'template0') {
      const name = `case_${++made}`;
      await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
      try {
        return await use(name, job);
      } finally {
        await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      }
    },
    async keep(name, job) {
      await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
      return use(name, job);
    },
    end: () => admin.end(),
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  // Where a case ends the sessions of its database, that is no failure of the test.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Each statement for itself, in one round trip; it lives in the session only, so that no copy and no schema has it. */
const ATTEMPT = `
  CREATE FUNCTION pg_temp.attempt(statements text[], keeps boolean) RETURNS TABLE (state text, result text) LANGUAGE plpgsql AS $$
  DECLARE each text;
  BEGIN
    FOREACH each IN ARRAY statements LOOP
      state := '${WORKED}';
      result := NULL;
      BEGIN
        IF each LIKE 'SELECT %' THEN EXECUTE each INTO result; ELSE EXECUTE each; END IF;
        EXECUTE 'SET CONSTRAINTS ALL IMMEDIATE';
        IF NOT keeps THEN RAISE EXCEPTION 'undone' USING ERRCODE = 'UNDOE'; END IF;
      EXCEPTION
        WHEN SQLSTATE 'UNDOE' THEN NULL;
        WHEN OTHERS THEN state := SQLSTATE; result := SQLERRM;
      END;
      RETURN NEXT;
    END LOOP;
  END $$`;

/** Tries statements one by one. What works stays, or is undone before the next one. */
export async function attempt(db: pg.Client, statements: readonly string[], { keeps }: { readonly keeps: boolean }): Promise<Outcome[]> {
  if (statements.length === 0) return [];
  const { rows } = await db.query<Outcome>('SELECT * FROM pg_temp.attempt($1, $2)', [statements, keeps]);
  return rows;
}

/** The same as the old code, which has only the rights that it was given. */
export async function attemptAsApp(db: pg.Client, statements: readonly string[]): Promise<Outcome[]> {
  await db.query('SET ROLE app');
  try {
    return await attempt(db, statements, { keeps: false });
  } finally {
    await db.query('RESET ROLE');
  }
}

/** Two at a time: one is read while the other is written. */
export async function inLanes<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const open = [...items];
  const lane = async () => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) await run(next);
  };
  await Promise.all([lane(), lane()]);
}

/** Runs a script as a tool does, as a whole. Answers the error, if it fails. */
export async function runScript(db: pg.Client, sql: string): Promise<string | undefined> {
  try {
    await db.query(sql);
    return undefined;
  } catch (error) {
    await db.query('ROLLBACK');
    return (error as Error).message;
  } finally {
    await db.query('RESET ALL');
  }
}
