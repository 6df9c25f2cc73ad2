import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isShipError, type ShipError } from '@ship/core';
import { onTestFinished } from 'vitest';
import type { ConfigOverrides } from '../src/layers.js';
import { type LoadedConfig, loadConfig } from '../src/load.js';

/** What a test puts beside the text of the config. */
export interface Around {
  readonly name?: string;
  readonly env?: Record<string, string>;
  readonly overrides?: ConfigOverrides;
}

/** A folder with files in it, gone after the test. */
export function folder(files: Record<string, string | Uint8Array> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'ship-config-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}

/** Loads a text as ship.yaml. */
export function load(text: string, { name = 'ship.yaml', env = {}, overrides }: Around = {}): Promise<LoadedConfig> {
  return loadConfig({ cwd: folder({ [name]: text }), env, overrides, runAction: 'shell/run' });
}

/** The error of a promise that must fail with a ShipError. */
export async function failure(promise: Promise<unknown>): Promise<ShipError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!isShipError(error)) throw error;
  return error;
}

/** An error as people see it: position, code, message, hint. */
export function told({ at, code, message, hint }: ShipError): string {
  return `${at === undefined ? '' : `${at.file}:${at.line}:${at.column} `}${code} ${message} | ${hint}`;
}

/** All mistakes of a text, as people see them. */
export async function mistakes(text: string, around: Around = {}): Promise<string[]> {
  return (await failure(load(text, around))).errors.map(told);
}

/** The beginning of every config. */
export const HEAD = 'version: 1\nproject: shop\n';
