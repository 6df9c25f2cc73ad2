import type { Node } from 'libpg-query';
import type { Dialect } from '../../migration.js';

/** A query holds expressions and changes of rows, and these hold queries: each finds the others here. */
export const translators = {} as {
  query: (dialect: Dialect, node: unknown) => Node;
  change: (dialect: Dialect, node: readonly [string, unknown]) => Node[];
};
