import type { Routes } from '../records.js';

/** What is wrong with routes that somebody sent; `undefined` where nothing is. */
export function checkRoutes(value: unknown): string | undefined {
  const { targets, weights } = (value ?? {}) as Partial<Routes>;
  if (!isRecord(targets) || !isRecord(weights)) return 'expected {targets, weights}';
  const stranger = Object.keys(weights).find((release) => !Object.hasOwn(targets, release));
  if (stranger !== undefined) return `${stranger} has a weight and no target`;
  const broken = Object.entries(targets).find(([, target]) => !isTarget(target));
  if (broken) return `the target of ${broken[0]} is not {host, port}`;
  return addUp(weights) ? undefined : 'the weights do not add up to 100';
}

/** Whole percents that make 100. */
export function addUp(weights: Readonly<Record<string, unknown>>): boolean {
  const shares = Object.values(weights);
  const fits = (share: unknown) => Number.isInteger(share) && (share as number) >= 0;
  return shares.every(fits) && shares.reduce<number>((sum, share) => sum + (share as number), 0) === 100;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTarget(value: unknown): boolean {
  return isRecord(value) && typeof value.host === 'string' && Number.isInteger(value.port);
}
