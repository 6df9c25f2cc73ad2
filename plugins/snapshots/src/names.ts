import { byOrder } from '@ship/core';

const PREFIX = 'snapshot-';
const SUFFIX = '.json';

/** What a person may give as an id. */
export const ID = /^snapshot-[0-9A-Za-z.-]{1,80}$/;

/** The name of a part or `config`, the time of the snapshot, and the ending. */
const BESIDE = /^(?!snapshot-)[a-z0-9_-]+-(\d{4}-\d\d-\d\dT.+Z(?:-\d+)?-[a-z0-9]+)\.[A-Za-z0-9._-]+$/;

/** Where the snapshots of an environment lie. */
export const folderOf = (environment: string): string => `snapshots/${environment}`;

/** Where a snapshot lies. */
export const keyOf = (environment: string, id: string): string => `${folderOf(environment)}/${id}${SUFFIX}`;

/** The id of a snapshot by the name of its file; undefined where that is none. */
const idOf = (name: string): string | undefined =>
  name.startsWith(PREFIX) && name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined;

/** The ids among the keys of a folder, oldest first. */
export const idsIn = (keys: readonly string[]): string[] =>
  keys
    .map((key) => idOf(key.slice(key.lastIndexOf('/') + 1)))
    .filter((id) => id !== undefined)
    .sort(byOrder);

/** The name of a file beside a snapshot, of a part or of the config: the same time, another beginning. */
export const fileName = (id: string, part: string, ending: string): string => `${part}-${id.slice(PREFIX.length)}.${ending}`;

/** The snapshot that a file lies beside, by its name; undefined where it is no such file. */
export function ownerOf(name: string): string | undefined {
  const [, stamp] = BESIDE.exec(name) ?? [];
  return stamp === undefined ? undefined : `${PREFIX}${stamp}`;
}

/** An id as people give it, with or without its beginning. */
export const wholeId = (given: string): string => (given.startsWith(PREFIX) ? given : `${PREFIX}${given}`);

/** What every id begins with says nothing, and may come of a variable that is not set: `snapshot-$ID`. */
export const saysNothing = (given: string): boolean => given !== '' && PREFIX.startsWith(given);
