import type { Connection } from '../connection.js';

/** A default that is NULL is none, whatever type PostgreSQL writes to it. */
const DEFAULT = `CASE WHEN pg_get_expr(d.adbin, d.adrelid) !~ '^NULL(::[^|+-]+)?$' THEN pg_get_expr(d.adbin, d.adrelid) END`;

/**
 * All that a PostgreSQL has besides its rows, a line for each thing. Left out: the order of columns, the numbers of objects,
 * comments, rights, and how far sequences have gone.
 */
const SCHEMA = `
  WITH own AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND nspname <> ALL ($1)
  ), left_out AS (
    SELECT oid FROM pg_class WHERE relname = ANY ($1) AND relkind IN ('r', 'p')
  ), beside AS (
    SELECT oid FROM left_out
    UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM left_out)
    UNION ALL SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND refobjid IN (SELECT oid FROM left_out) AND deptype IN ('a', 'i')
  ), foreign_made AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
  ), rel AS (
    SELECT c.*, c.oid::regclass::text AS shown FROM pg_class c JOIN own n ON n.oid = c.relnamespace
      WHERE NOT EXISTS (SELECT FROM foreign_made e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
        AND c.oid NOT IN (SELECT oid FROM beside)
  )
  SELECT format('%s: kind %s, row security %s %s, %s', shown, relkind, relrowsecurity, relforcerowsecurity, coalesce(reloptions::text, '')) AS line
    FROM rel WHERE relkind NOT IN ('i', 'I', 'S', 't')
  UNION ALL SELECT format('column %s.%I: %s%s, default %s, identity %s, generated %s, collation %s', c.shown, a.attname,
      format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' NOT NULL' END, ${DEFAULT},
      a.attidentity, a.attgenerated, CASE WHEN a.attcollation <> 100 AND a.attcollation <> 0 THEN a.attcollation::regcollation END)
    FROM rel c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
  UNION ALL SELECT format('constraint %I of %s: %s', k.conname, CASE WHEN k.conrelid <> 0 THEN k.conrelid::regclass::text ELSE k.contypid::regtype::text END,
      pg_get_constraintdef(k.oid)) FROM pg_constraint k JOIN own n ON n.oid = k.connamespace WHERE k.contype <> 'n' AND k.conrelid NOT IN (SELECT oid FROM left_out)
  UNION ALL SELECT format('index: %s, valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid) FROM pg_index i JOIN rel c ON c.oid = i.indexrelid
  UNION ALL SELECT format('type %s: %s, %s, %s', t.oid::regtype, t.typtype, format_type(nullif(t.typbasetype, 0), t.typtypmod),
      (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
    FROM pg_type t JOIN own n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r')
      AND NOT EXISTS (SELECT FROM foreign_made e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)
  UNION ALL SELECT format('view %s: %s', shown, pg_get_viewdef(oid)) FROM rel WHERE relkind IN ('v', 'm')
  UNION ALL SELECT format('routine: %s', pg_get_functiondef(p.oid)) FROM pg_proc p JOIN own n ON n.oid = p.pronamespace
    WHERE p.prokind IN ('f', 'p', 'w') AND NOT EXISTS (SELECT FROM foreign_made e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
  UNION ALL SELECT format('aggregate: %s, %s', p.oid::regprocedure, a.aggtransfn) FROM pg_proc p JOIN own n ON n.oid = p.pronamespace
    JOIN pg_aggregate a ON a.aggfnoid = p.oid
    WHERE NOT EXISTS (SELECT FROM foreign_made e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
  UNION ALL SELECT format('trigger: %s, enabled %s', pg_get_triggerdef(t.oid), t.tgenabled) FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgrelid NOT IN (SELECT oid FROM left_out)
  UNION ALL SELECT format('sequence %s: %s from %s by %s, %s to %s, cycles %s', c.shown, format_type(s.seqtypid, NULL), s.seqstart,
      s.seqincrement, s.seqmin, s.seqmax, s.seqcycle) FROM rel c JOIN pg_sequence s ON s.seqrelid = c.oid
  UNION ALL SELECT format('policy %I of %s: %s %s %s %s', polname, polrelid::regclass, polcmd, polpermissive,
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
  UNION ALL SELECT format('rule: %s', pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN rel c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'
  UNION ALL SELECT format('partition of %s: %s', i.inhparent::regclass, c.shown || coalesce(' ' || pg_get_expr(c.relpartbound, c.oid), ''))
    FROM pg_inherits i JOIN rel c ON c.oid = i.inhrelid WHERE c.relkind NOT IN ('i', 'I')
  UNION ALL SELECT format('statistics: %s', pg_get_statisticsobjdef(s.oid)) FROM pg_statistic_ext s
  UNION ALL SELECT format('extension %I', extname) FROM pg_extension
  UNION ALL SELECT format('publication %I', pubname) FROM pg_publication
  UNION ALL SELECT format('schema %I', nspname) FROM own`;

/** What a PostgreSQL has besides its rows, a line for each thing; without tables and schemas of these names. */
export async function readPostgres(connection: Connection, without: readonly string[]): Promise<string[]> {
  const rows = await connection.query(SCHEMA, [without]);
  return rows.map(({ line }) => String(line).replace(/\s+/g, ' '));
}
