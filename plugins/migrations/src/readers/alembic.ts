import { join } from 'node:path';
import type { Flaw, Migration, Reader } from '../migration.js';
import { below } from './dialects.js';
import { filesIn, foldersIn, oneBegins, type Source, sourceOf } from './files.js';
import { duplicates } from './flaws.js';
import { headsOf, inOrderOf, type Node } from './graph.js';
import { assignmentsIn, type Value } from './python.js';
import { opaqueBothWays } from './script.js';

/** As Alembic has it. */
const NAME = /^(?!\.#|__init__).*\.py$/;
const REVISION = /^down_revision\b/m;

interface Revision extends Node {
  readonly source: Source;
}

/** Alembic: programs in Python. Which of them comes after which, they say in `revision` and `down_revision`. */
export const alembic: Reader = {
  name: 'alembic',
  recognises: (folder) => holdsRevisions(folder) || holdsVersions(folder),
  read(folder) {
    if (!holdsRevisions(folder) && holdsVersions(folder)) return below('versions', alembic.read(join(folder, 'versions')));
    const flaws: Flaw[] = [];
    const revisions = filesIn(folder)
      .filter((name) => NAME.test(name))
      .flatMap((name) => revisionIn(sourceOf(folder, name), flaws));
    const { sorted, flaws: ofOrder } = inOrderOf(revisions, 'Alembic');
    flaws.push(...duplicates('the revision', revisions), ...ofOrder, ...severalHeads(revisions));
    const migrations = sorted.map(
      ({ id, source }): Migration => ({
        id,
        name: source.file.replace(/\.py$/, '').replace(`${id}_`, ''),
        ...opaqueBothWays(source, 'it is a program in Python: `--print` judges the SQL that Alembic prints for it'),
      }),
    );
    return { migrations, flaws };
  },
};

const holdsRevisions = (folder: string): boolean =>
  oneBegins(
    folder,
    filesIn(folder).filter((name) => NAME.test(name)),
    REVISION,
  );
const holdsVersions = (folder: string): boolean => foldersIn(folder).includes('versions') && holdsRevisions(join(folder, 'versions'));

function revisionIn(source: Source, flaws: Flaw[]): Revision[] {
  const { file } = source;
  const values = assignmentsIn(source.text);
  const id = values.get('revision');
  if (id === undefined && source.opaque === undefined) return [];
  if (typeof id === 'string')
    return [{ id, file, source, after: idsIn(values.get('down_revision') ?? null, values.get('depends_on') ?? null) }];
  flaws.push({ level: 'block', rule: 'order-unknown', message: `${file} does not say in plain values which revision it is`, file });
  return [{ id: file, file, source, after: [] }];
}

/** `None`, a text, or several. */
function idsIn(...values: readonly Value[]): string[] | undefined {
  const ids = values.flatMap((value) => (value === null ? [] : Array.isArray(value) ? value : [value]));
  return ids.every((id): id is string => typeof id === 'string') ? ids : undefined;
}

function severalHeads(revisions: readonly Revision[]): Flaw[] {
  const heads = headsOf(revisions);
  if (heads.length < 2) return [];
  return [
    {
      level: 'warn',
      rule: 'several-heads',
      message: `nothing comes after ${heads.map(({ id }) => id).join(' and after ')}: \`alembic upgrade head\` refuses to choose`,
    },
  ];
}
