import { loadConfig } from '@ship/config';
import { findSecrets, Redactor } from '@ship/core/kernel';
import type { Flags } from './arguments.js';
import { configFile } from './config-file.js';

/** What masks an error that ends the command: it may show what only the config calls a secret. */
export async function redactorFor(flags: Flags | undefined): Promise<Redactor> {
  return new Redactor(findSecrets(process.env, flags === undefined ? [] : await namedSecrets(flags)));
}

/** None where the config cannot be read: its own mistakes are masked where they are made. */
async function namedSecrets(flags: Flags): Promise<readonly string[]> {
  const { env: environment } = flags;
  try {
    const { config } = await loadConfig({
      cwd: process.cwd(),
      env: process.env,
      ...configFile(flags),
      ...(environment === undefined ? {} : { overrides: { environment } }),
    });
    return config.secrets;
  } catch {
    return [];
  }
}
