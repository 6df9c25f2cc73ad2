import { sha256 } from '../sha256.js';

/** The hash that the first line chains to. */
export const GENESIS = '0'.repeat(32);

const TAIL = /,"hash":"([0-9a-f]{32})"\}$/;

/** One line: the record, which is an object in JSON, closed by a hash over itself and the hash of the line before. */
export function frame(record: string, previous: string): { line: string; hash: string } {
  const body = record.slice(0, -1);
  const hash = chain(body, previous);
  return { line: `${body},"hash":"${hash}"}\n`, hash };
}

/** Reads a line back, without its newline. Undefined where the hash does not hold. */
export function unframe(line: string, previous: string): { record: unknown; hash: string } | undefined {
  const hash = TAIL.exec(line)?.[1];
  if (hash === undefined) return undefined;
  const body = line.replace(TAIL, '');
  if (chain(body, previous) !== hash) return undefined;
  return { record: JSON.parse(`${body}}`), hash };
}

function chain(body: string, previous: string): string {
  return sha256(previous + body).slice(0, 32);
}
