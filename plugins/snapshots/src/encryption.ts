import { readFileSync } from 'node:fs';
import type { Encryption } from '@ship/core';
import { errors } from './errors.js';

/** `encryption:` of the options. The names of variables, never keys themselves. */
export interface EncryptionOptions {
  /** age recipients (`age1…`): who can decrypt. */
  readonly recipients: readonly string[];
  /** The variable that holds the identity (`AGE-SECRET-KEY-1…`), or the path of a file with it. */
  readonly identity_env: string;
}

/** age (age-encryption.org): anybody with the identity opens the files, with or without ship. Loaded when it is needed. */
export function ageEncryption({ recipients, identity_env }: EncryptionOptions, env: NodeJS.ProcessEnv = process.env): Encryption {
  return {
    async encrypt(bytes) {
      const { Encrypter } = await import('age-encryption');
      const encrypter = new Encrypter();
      for (const recipient of recipients) {
        try {
          encrypter.addRecipient(recipient);
        } catch (cause) {
          throw errors.SHIP_SNAPSHOT_RECIPIENT({ recipient }, { cause });
        }
      }
      return Buffer.from(await encrypter.encrypt(bytes));
    },
    async decrypt(name, bytes) {
      const { Decrypter } = await import('age-encryption');
      const decrypter = new Decrypter();
      for (const identity of identitiesIn(env[identity_env], identity_env, name)) {
        try {
          decrypter.addIdentity(identity);
        } catch (cause) {
          throw errors.SHIP_SNAPSHOT_SEALED({ name, reason: `what ${identity_env} holds is no age identity` }, { cause });
        }
      }
      try {
        return Buffer.from(await decrypter.decrypt(bytes));
      } catch (cause) {
        throw errors.SHIP_SNAPSHOT_SEALED({ name, reason: `the identity of ${identity_env} does not open it` }, { cause });
      }
    },
  };
}

function identitiesIn(value: string | undefined, variable: string, name: string): readonly string[] {
  if (value === undefined || value === '') throw errors.SHIP_SNAPSHOT_SEALED({ name, reason: `${variable} is not set` });
  const text = value.startsWith('AGE-') ? value : read(value, variable, name);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('AGE-'));
}

function read(path: string, variable: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw errors.SHIP_SNAPSHOT_SEALED({ name, reason: `the file that ${variable} names cannot be read` }, { cause });
  }
}
