import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errors } from '../errors/catalogue.js';
import { messageOf } from '../errors/ship-error.js';
import type { Lease, LeaseOwner } from '../types/index.js';
import { createFile, makeFolder } from './durable.js';
import { isOwnerDead } from './owner.js';

/** How many past generations stay, for contenders that read an old one. */
const GENERATIONS_KEPT = 8;

interface Generation {
  readonly token: number;
  /** null once released. */
  readonly owner: LeaseOwner | null;
}

/**
 * Takes the lease of an environment. Each change of hands is a new file, `<token>.json`, created
 * by an exclusive link: exactly one contender makes generation n + 1, and tokens only grow.
 */
export async function takeLease(folder: string, environment: string, owner: LeaseOwner): Promise<Lease> {
  makeFolder(folder);
  const last = readLast(folder);
  if (last?.owner && !isOwnerDead(last.owner)) throw errors.SHIP_LEASE_HELD({ environment, owner: last.owner });
  const token = (last?.token ?? 0) + 1;
  if (!writeGeneration(folder, { token, owner }) || readLast(folder)?.token !== token) return contended(folder, environment);
  prune(folder, token);
  return {
    owner,
    token,
    ...(last?.owner ? { previous: last.owner } : {}),
    async check() {
      // Asked before every step, so it looks at two names only: ours goes when many generations have come after it.
      const held = existsSync(join(folder, `${token}.json`)) && !existsSync(join(folder, `${token + 1}.json`));
      if (!held) throw errors.SHIP_LEASE_LOST({ environment });
    },
    async release() {
      if (readLast(folder)?.token === token) writeGeneration(folder, { token: token + 1, owner: null });
    },
  };
}

/** Who holds the lease now, dead or alive. */
export function readLeaseOwner(folder: string): LeaseOwner | undefined {
  return readLast(folder)?.owner ?? undefined;
}

function contended(folder: string, environment: string): never {
  const winner = readLast(folder)?.owner;
  throw winner ? errors.SHIP_LEASE_HELD({ environment, owner: winner }) : errors.SHIP_LEASE_LOST({ environment });
}

function writeGeneration(folder: string, generation: Generation): boolean {
  return createFile(join(folder, `${generation.token}.json`), Buffer.from(JSON.stringify(generation)));
}

function readLast(folder: string): Generation | undefined {
  const token = tokens(folder).at(-1);
  if (token === undefined) return undefined;
  const path = join(folder, `${token}.json`);
  try {
    const { owner } = JSON.parse(readFileSync(path, 'utf8')) as Generation;
    return { token, owner };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return readLast(folder);
    throw errors.SHIP_STORE_READ_FAILED({ path, reason: messageOf(error) }, { cause: error });
  }
}

function tokens(folder: string): number[] {
  try {
    const names = readdirSync(folder).filter((name) => /^\d+\.json$/.test(name));
    return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function prune(folder: string, token: number): void {
  for (const old of tokens(folder)) if (old <= token - GENERATIONS_KEPT) rmSync(join(folder, `${old}.json`), { force: true });
}
