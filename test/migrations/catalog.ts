import type pg from 'pg';

/** A column, as the catalogue of the database has it. */
export interface Column {
  readonly number: number;
  readonly name: string;
  /** As PostgreSQL writes it: `character varying(20)`. */
  readonly type: string;
  /** The labels, where it is an enum. */
  readonly labels: readonly string[];
  readonly notNull: boolean;
  /** It gets a value where none is given. */
  readonly hasDefault: boolean;
  /** Nobody may write it. */
  readonly isComputed: boolean;
}

/** Columns whose values must be those of a row of another table. */
export interface Foreign {
  readonly columns: readonly string[];
  readonly table: number;
  readonly referenced: readonly string[];
}

export interface Table {
  readonly oid: number;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primary: readonly string[];
  /** Plain unique keys, the primary one among them. */
  readonly keys: readonly (readonly string[])[];
  readonly foreign: readonly Foreign[];
}

/** A view: what can be read only. */
export interface View {
  readonly name: string;
  readonly columns: readonly string[];
}

/** A function, and the types that it is called with. */
export interface Routine {
  readonly name: string;
  readonly types: readonly string[];
}

export interface Catalog {
  /** Those that others point at come first. */
  readonly tables: readonly Table[];
  readonly views: readonly View[];
  readonly routines: readonly Routine[];
}

const TABLES = `
  SELECT c.oid::int AS oid, c.relname AS name,
    (SELECT json_agg(json_build_object('number', a.attnum, 'name', a.attname, 'notNull', a.attnotnull,
        'type', format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END),
        'labels', coalesce((SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '[]'),
        'hasDefault', a.atthasdef OR a.attidentity <> '', 'isComputed', a.attgenerated <> '' OR a.attidentity = 'a') ORDER BY a.attnum)
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    coalesce((SELECT json_agg(json_build_object('isPrimary', i.indisprimary, 'columns',
        (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[]))))
      FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL), '[]') AS keys,
    coalesce((SELECT json_agg(json_build_object('table', f.confrelid::int,
        'columns', (SELECT json_agg(a.attname ORDER BY k.at) FROM unnest(f.conkey) WITH ORDINALITY k(number, at)
          JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number),
        'referenced', (SELECT json_agg(a.attname ORDER BY k.at) FROM unnest(f.confkey) WITH ORDINALITY k(number, at)
          JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.number)))
      FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.conparentid = 0), '[]') AS foreign
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.oid`;

const VIEWS = `
  SELECT c.relname AS name, (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm') ORDER BY c.relname`;

const ROUTINES = `
  SELECT p.proname AS name, coalesce((SELECT json_agg(format_type(each, NULL)) FROM unnest(p.proargtypes) each), '[]') AS types
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype ORDER BY p.oid`;

type TableRow = Omit<Table, 'primary' | 'keys'> & {
  readonly keys: readonly { readonly isPrimary: boolean; readonly columns: readonly string[] }[];
};

/** What is in the schema `public`. */
export async function readCatalog(db: pg.Client): Promise<Catalog> {
  const { rows: found } = await db.query<TableRow>(TABLES);
  const tables = found.map(
    ({ keys, columns, ...table }): Table => ({
      ...table,
      columns: columns ?? [],
      primary: keys.find(({ isPrimary }) => isPrimary)?.columns ?? [],
      keys: keys.map((each) => each.columns),
    }),
  );
  const { rows: views } = await db.query<View>(VIEWS);
  const { rows: routines } = await db.query<Routine>(ROUTINES);
  return { tables: parentsFirst(tables), views, routines };
}

/** Tables that point at each other in a circle stay in the order in which they were made. */
function parentsFirst(tables: readonly Table[]): Table[] {
  const sorted: Table[] = [];
  for (let open = [...tables]; open.length > 0; ) {
    const isReady = ({ oid, foreign }: Table) => foreign.every(({ table }) => table === oid || !open.some((each) => each.oid === table));
    const next = open.find(isReady) ?? open[0]!;
    sorted.push(next);
    open = open.filter((each) => each !== next);
  }
  return sorted;
}
