import { gunzipSync, gzipSync } from 'node:zlib';
import type { Context, Objects, Store } from '@ship/core';
import type { Dumps } from './dumps/kept.js';
import type { ProjectInput } from './project.js';

/** What was applied last in a project, and how to go back from it. Plain JSON; secrets by name. */
export type Applied = {
  readonly format: 1;
  /** What the step and the options say of the project. */
  readonly input: ProjectInput;
  /** Ids, oldest first. */
  readonly applied: string[];
  /** The key of the folder, as it was then. */
  readonly files: string;
  /** The keys of the schemas right after migrations, by id; `''` is before all of them. */
  readonly schemas: { readonly [id: string]: string };
  /** What waits for the window of a rollback to be over: since when, as an ISO timestamp, and why. */
  readonly waiting?: { readonly [id: string]: { readonly since: string; readonly why: string } };
};

/** What actions and the part of snapshots share. */
export interface Parts {
  readonly objects: Objects;
  readonly records: Records;
  readonly dumps: Dumps;
  readonly settings: Settings;
}

/** What the config says besides the options. */
export interface Settings {
  preservesData: boolean;
}

/** The last state of each project of an environment. */
export class Records {
  constructor(
    private readonly store: Store,
    private readonly objects: Objects,
  ) {}

  async get({ environment }: Pick<Context, 'environment'>, name: string): Promise<Applied | undefined> {
    const stored = await this.store.get(keyOf(environment, name));
    return stored && (JSON.parse(stored.value.toString('utf8')) as Applied);
  }

  /** Keeps it, and what it points at. */
  async put({ environment }: Pick<Context, 'environment'>, name: string, applied: Applied): Promise<void> {
    await this.objects.hold(`migrations-${environment}-${name}`, objectsOf(applied));
    await this.store.put(keyOf(environment, name), `${JSON.stringify(applied, null, 2)}\n`);
  }

  async names({ environment }: Pick<Context, 'environment'>): Promise<string[]> {
    const keys = await this.store.list(`${folderOf(environment)}/`);
    return keys.filter((key) => key.endsWith('.json')).map((key) => key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
  }
}

export const objectsOf = ({ files, schemas }: Applied): string[] => [...new Set([files, ...Object.values(schemas)])];

const folderOf = (environment: string): string => `state/${environment}/migrations`;
const keyOf = (environment: string, name: string): string => `${folderOf(environment)}/${name}.json`;

/** Keeps a schema. */
export const keepSchema = async (objects: Objects, schema: readonly string[]): Promise<string> => objects.put(gzipSync(schema.join('\n')));

/** A schema that was kept. */
export const keptSchema = async (objects: Objects, key: string): Promise<string[]> =>
  gunzipSync(await objects.get(key))
    .toString('utf8')
    .split('\n');
