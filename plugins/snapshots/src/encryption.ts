import { readFileSync } from 'node:fs';
import { type Encryption, isShipError } from '@ship/core';
import type { Decrypter, Encrypter } from 'age-encryption';
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
  const decrypterFor = (name: string) => openDecrypter(name, env[identity_env], identity_env);
  const notOpened = (name: string, cause: unknown) =>
    isShipError(cause)
      ? cause
      : errors.SHIP_SNAPSHOT_SEALED({ name, reason: `the identity of ${identity_env} does not open it` }, { cause });
  return {
    async encrypt(bytes) {
      return Buffer.from(await (await openEncrypter(recipients)).encrypt(bytes));
    },
    async decrypt(name, bytes) {
      const decrypter = await decrypterFor(name);
      try {
        return Buffer.from(await decrypter.decrypt(bytes));
      } catch (cause) {
        throw notOpened(name, cause);
      }
    },
    async *encryptStream(plain) {
      yield* await (await openEncrypter(recipients)).encrypt(ReadableStream.from(plain));
    },
    async *decryptStream(name, encrypted) {
      const decrypter = await decrypterFor(name);
      try {
        yield* await decrypter.decrypt(ReadableStream.from(encrypted));
      } catch (cause) {
        throw notOpened(name, cause);
      }
    },
  };
}

async function openEncrypter(recipients: readonly string[]): Promise<Encrypter> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw errors.SHIP_SNAPSHOT_RECIPIENT({ recipient }, { cause });
    }
  }
  return encrypter;
}

async function openDecrypter(name: string, value: string | undefined, variable: string): Promise<Decrypter> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identitiesIn(value, variable, name)) {
    try {
      decrypter.addIdentity(identity);
    } catch (cause) {
      throw errors.SHIP_SNAPSHOT_SEALED({ name, reason: `what ${variable} holds is no age identity` }, { cause });
    }
  }
  return decrypter;
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
