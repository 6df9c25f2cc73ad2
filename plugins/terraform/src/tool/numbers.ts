import type { Json } from '@ship/core';
import { isLosslessNumber, isSafeNumber, LosslessNumber, parse, stringify } from 'lossless-json';

/** A number with more digits than JavaScript keeps, in what is kept as JSON. */
const NUMBER = '@number';

/** Reads JSON and keeps every digit of its numbers. */
export const parseVariables = (text: string): unknown =>
  parse(text, undefined, (digits) => (isSafeNumber(digits) ? Number(digits) : new LosslessNumber(digits)));

/** As plain JSON, in which a number that JavaScript cannot hold stands with its digits. */
export function keptNumbers(value: unknown): Json {
  if (isLosslessNumber(value)) return { [NUMBER]: value.value };
  if (Array.isArray(value)) return value.map(keptNumbers);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, keptNumbers(each)]));
  return value as Json;
}

/** Writes variables as JSON for Terraform, each number with all of its digits. */
export const stringifyVariables = (variables: Readonly<Record<string, Json>>): string => stringify(losslessNumbers(variables)) ?? '{}';

function losslessNumbers(value: Json): unknown {
  if (Array.isArray(value)) return value.map(losslessNumbers);
  if (typeof value !== 'object' || value === null) return value;
  const { [NUMBER]: digits, ...rest } = value as Record<string, Json>;
  if (typeof digits === 'string' && Object.keys(rest).length === 0) return new LosslessNumber(digits);
  return Object.fromEntries(Object.entries(value as Record<string, Json>).map(([name, each]) => [name, losslessNumbers(each)]));
}
