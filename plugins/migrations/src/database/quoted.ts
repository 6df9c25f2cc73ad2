import type { Dialect } from '../migration.js';

/** A name, as SQL has it. */
export const quotedName = (name: string, dialect: Dialect = 'postgres'): string =>
  dialect === 'mysql' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`;
