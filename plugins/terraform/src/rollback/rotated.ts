import { createHmac, randomBytes } from 'node:crypto';
import type { Context } from '@ship/core';

/**
 * Hashes of the secrets that a kept text names, each with a salt of its own. A secret is kept by its name alone: one that
 * was changed since would be taken for the one of then.
 */
export type Fingerprints = { readonly [name: string]: string };

/** How {@link Context.refer} names a secret in a text; the name is encoded, and a form may follow it. */
const REFERENCE = /\{\{secret:([^{}|]+)(?:\|[a-z0-9.-]+)?\}\}/g;
const ROTATED = '\0another value then: ';

/** The fingerprints of the secrets that a text names, which `refer` has written. */
export function fingerprintsOf(ctx: Pick<Context, 'resolve'>, referred: string): Fingerprints {
  const names = new Set([...referred.matchAll(REFERENCE)].map(([, name]) => name!));
  return Object.fromEntries(
    [...names].map((name) => {
      const salt = randomBytes(8).toString('hex');
      return [name, `${salt}:${hashOf(ctx, name, salt)}`];
    }),
  );
}

/** The state of then, with its secrets but for those that were changed since: these are like no other value. And the names of these. */
export function beforeOf(
  ctx: Pick<Context, 'resolve'>,
  referred: string,
  fingerprints: Fingerprints = {},
): { readonly before: string; readonly rotated: readonly string[] } {
  const rotated = Object.entries(fingerprints).flatMap(([name, kept]) => {
    const [salt = '', hash] = kept.split(':');
    return hashOf(ctx, name, salt) === hash ? [] : [name];
  });
  const marked = referred.replaceAll(REFERENCE, (reference, name: string) =>
    rotated.includes(name) ? JSON.stringify(ROTATED + name).slice(1, -1) : reference,
  );
  return { before: ctx.resolve(marked), rotated: rotated.map(decodeURIComponent) };
}

/** Was a part of a value a secret that has another value now? */
export const holdsRotated = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.includes(ROTATED)
    : typeof value === 'object' && value !== null && Object.values(value).some(holdsRotated);

const hashOf = (ctx: Pick<Context, 'resolve'>, name: string, salt: string): string =>
  createHmac('sha256', salt)
    .update(ctx.resolve(`{{secret:${name}}}`))
    .digest('hex')
    .slice(0, 32);
