import { readFile } from 'node:fs/promises';
import { replaceFile } from '@ship/core';

/** Replaces a file as a whole, 0600, and resolves when it survives a loss of power. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  replaceFile(path, Buffer.from(`${JSON.stringify(value, null, 2)}\n`));
}

/** Reads a JSON file; `undefined` where it is missing. Throws where it is damaged. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
