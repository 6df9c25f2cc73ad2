import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createFile, FILE_MODE, FOLDER_MODE, temporaryName } from '@ship/system';
import { errors } from '../errors/catalogue.js';
import { messageOf } from '../errors/ship-error.js';
import type { Lease, LeaseHolder, LeaseOwner } from '../types/index.js';
import { livenessOf } from './liveness.js';

/** Without a heartbeat for so long, a holder that nobody can see is dead. */
export const LEASE_TTL_MS = 60_000;

/** How many past generations stay, for contenders that read an old one. */
const GENERATIONS_KEPT = 8;

interface Generation {
  readonly token: number;
  /** null once released. */
  readonly owner: LeaseOwner | null;
  /** The holder's own: whoever judges its heartbeat goes by it. */
  readonly ttl_ms?: number;
  /** Of a released one: whose run was never ended. */
  readonly unfinished?: LeaseOwner;
  /** The path of one that cannot be read. */
  readonly damaged?: string;
}

/** Where the lease of an environment lives, and for how long it holds without a heartbeat. */
export interface LeasePlace {
  readonly folder: string;
  readonly environment: string;
  readonly ttl_ms: number;
}

/**
 * Takes the lease of an environment. Each change of hands is a new file, `<token>.json`, created
 * by an exclusive link: exactly one contender makes generation n + 1, and tokens only grow.
 */
export function takeLease(place: LeasePlace, owner: LeaseOwner): Lease {
  const { folder, environment, ttl_ms } = place;
  const last = readLast(folder);
  const holder = last && holderOf(folder, last);
  if (holder?.damaged !== undefined) throw errors.SHIP_LEASE_DAMAGED({ environment, path: holder.damaged });
  if (holder && holder.liveness !== 'dead') throw errors.SHIP_LEASE_HELD({ environment, owner: holder });
  const token = (last?.token ?? 0) + 1;
  const isOurs = writeGeneration(folder, { token, owner, ttl_ms });
  if (!isOurs || readLast(folder)?.token !== token) return takeLease(place, owner);
  prune(folder, token);
  mkdirSync(writesFolder(folder, token), { mode: FOLDER_MODE });
  if (!isHeld(folder, token)) {
    // Stopped before that for so long that somebody else has it: they came too early to take the folder away.
    takeAway(folder, token);
    return takeLease(place, owner);
  }
  const previous = last?.owner ?? last?.unfinished;
  const demand = () => demandHeld(folder, environment, token);
  return {
    environment,
    owner,
    token,
    ttl_ms,
    ...(previous ? { previous } : {}),
    check: async () => demand(),
    async renew() {
      demand();
      try {
        beat(folder, token);
      } catch (error) {
        demand();
        throw error;
      }
    },
    async release(unfinished) {
      if (readLast(folder)?.token !== token) return;
      writeGeneration(folder, { token: token + 1, owner: null, ...(unfinished ? { unfinished } : {}) });
      takeAway(folder, token);
    },
  };
}

/** Has somebody else come since? Not where the folder is gone: then nobody can write, whoever holds the lease. */
export function isTaken(folder: string, token: number): boolean {
  return tokens(folder).some((each) => each > token);
}

/** Asked before every step, so it looks at two names only: ours goes when many generations have come after it. */
function isHeld(folder: string, token: number): boolean {
  return existsSync(fileOf(folder, token)) && !existsSync(fileOf(folder, token + 1));
}

export function demandHeld(folder: string, environment: string, token: number): void {
  if (!isHeld(folder, token)) throw errors.SHIP_LEASE_LOST({ environment });
}

/**
 * Through this folder go all writes of a holder. Whoever takes its lease moves it away first, so that not even a write
 * that was under way when its process was stopped arrives later: to ask and to write afterwards would leave a gap.
 */
export const writesFolder = (folder: string, token: number): string => join(folder, `${token}.writes`);

/** Who holds the lease now, dead or alive. */
export function readHolder(folder: string): LeaseHolder | undefined {
  const last = readLast(folder);
  return last && holderOf(folder, last);
}

/** Takes the lease with that token from its holder. The next one knows whose run was never ended. */
export function freeLease(folder: string, token: number): boolean {
  const last = readLast(folder);
  if (last?.token !== token || last.owner === null) return false;
  const unfinished = last.damaged === undefined ? { unfinished: last.owner } : {};
  if (!writeGeneration(folder, { token: token + 1, owner: null, ...unfinished })) return false;
  takeAway(folder, token);
  // Kept for whoever wants to know what it was; no name of a generation any more.
  if (last.damaged !== undefined) renameSync(last.damaged, damagedName(last.damaged));
  return true;
}

/** Where a damaged record is kept when it was moved aside. */
const damagedName = (path: string): string => `${path}.damaged`;

function holderOf(folder: string, { token, owner, ttl_ms = LEASE_TTL_MS, damaged }: Generation): LeaseHolder | undefined {
  if (owner === null) return undefined;
  if (damaged !== undefined) {
    const evidence = `its record ${damaged} is empty or damaged`;
    return { ...owner, token, liveness: 'unproven', evidence, heartbeat_age_ms: heartbeatAge(folder, token), damaged };
  }
  return { ...owner, token, ...livenessOf(owner, () => heartbeatAge(folder, token), ttl_ms) };
}

const fileOf = (folder: string, token: number): string => join(folder, `${token}.json`);

function writeGeneration(folder: string, generation: Generation): boolean {
  return createFile(fileOf(folder, generation.token), Buffer.from(JSON.stringify(generation)));
}

function readLast(folder: string): Generation | undefined {
  const token = tokens(folder).at(-1);
  if (token === undefined) return undefined;
  const path = fileOf(folder, token);
  try {
    return { ...parseGeneration(readFileSync(path, 'utf8'), path), token };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return readLast(folder);
    throw errors.SHIP_STORE_READ_FAILED({ path, reason: messageOf(error) }, { cause: error });
  }
}

/** One that is damaged holds the environment, too: who had it may be alive. */
function parseGeneration(text: string, path: string): Omit<Generation, 'token'> {
  try {
    const given = JSON.parse(text) as Partial<Generation> | null;
    const { owner } = given ?? {};
    const isOwner = typeof owner?.run === 'string' && typeof owner.host === 'string' && typeof owner.pid === 'number';
    if (owner === null || isOwner) return given as Generation;
  } catch {
    // As below.
  }
  return { owner: NOBODY_KNOWN, damaged: path };
}

const NOBODY_KNOWN: LeaseOwner = {
  run: 'unknown',
  user: 'somebody',
  host: 'unknown',
  pid: 0,
  process_started: '',
  boot_id: '',
  command: 'unknown',
  since: 'unknown',
};

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
  for (const old of tokens(folder).filter((each) => each < token)) {
    takeAway(folder, old);
    if (old <= token - GENERATIONS_KEPT) rmSync(fileOf(folder, old), { force: true });
  }
}

/** Takes the means to write from a holder. */
function takeAway(folder: string, token: number): void {
  const fenced = join(folder, `${token}.fenced`);
  try {
    renameSync(writesFolder(folder, token), fenced);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  rmSync(fenced, { recursive: true, force: true });
}

/** Its time is when the holder last said that it lives. It stands where all writes of a holder go: one that lost its lease cannot beat. */
const heartbeatFile = (folder: string, token: number): string => join(writesFolder(folder, token), 'heartbeat');

/** One beat. It is written, not touched: then its time is by the clock of the store, not by that of this machine. Nobody needs it after a crash, so nothing is flushed. */
function beat(folder: string, token: number): void {
  writeFileSync(heartbeatFile(folder, token), `${new Date().toISOString()}\n`, { mode: FILE_MODE });
}

/**
 * Milliseconds since the last beat; the making of the lease counts as the first. Both times are times of files
 * in this folder, so the clocks of two machines are never compared. null where the store does not say.
 */
function heartbeatAge(folder: string, token: number): number | null {
  const last = timeOf(heartbeatFile(folder, token)) ?? timeOf(fileOf(folder, token));
  const now = storeTime(folder);
  return last === undefined || now === undefined ? null : Math.max(0, Math.round(now - last));
}

/** Opened, not only looked at: a shared folder then asks its server instead of its cache. */
function timeOf(path: string): number | undefined {
  return whenOpen(path, 'r', (fd) => fstatSync(fd).mtimeMs);
}

/** What time it is by the clock of the store: that of a file which is written now. */
function storeTime(folder: string): number | undefined {
  const path = temporaryName(join(folder, 'now'));
  return whenOpen(path, 'wx', (fd) => {
    rmSync(path);
    writeSync(fd, '.');
    return fstatSync(fd).mtimeMs;
  });
}

function whenOpen<T>(path: string, flags: string, read: (fd: number) => T): T | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, flags, FILE_MODE);
    return read(fd);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
