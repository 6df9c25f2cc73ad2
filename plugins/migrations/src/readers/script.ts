import type { Migration, Script } from '../migration.js';
import { lineAt } from '../sql/statement.js';
import type { Source } from './files.js';
import { placeholderIn } from './placeholder.js';

/** What else is known of a script. */
export interface Traits {
  readonly outsideTransaction?: boolean;
  /** Why nobody can tell what it does. */
  readonly opaque?: string | undefined;
}

/** A part of a file, from one offset to another, as it stands there. What something else has to fill in first is opaque. */
export function scriptFrom(source: Source, { outsideTransaction, opaque }: Traits = {}, start = 0, end = source.text.length): Script {
  const text = source.text.slice(start, end);
  const reason = source.opaque ?? opaque ?? placeholderIn(text);
  return {
    file: source.file,
    line: lineAt(source.text, start, 1),
    text,
    ...(outsideTransaction === true && { outsideTransaction }),
    ...(reason !== undefined && { opaque: reason }),
  };
}

/** A file that is run and no SQL, or that the tool itself refuses to run. */
export const opaqueScript = ({ file, text, opaque }: Source, reason: string): Script => ({
  file,
  line: 1,
  text,
  opaque: opaque ?? reason,
});

/** Both ways of a migration whose file holds both, and cannot be understood. */
export function opaqueBothWays(source: Source, reason: string): Pick<Migration, 'up' | 'down'> {
  const script = opaqueScript(source, reason);
  return { up: [script], down: [script] };
}
