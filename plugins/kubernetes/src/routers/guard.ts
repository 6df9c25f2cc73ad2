import { type Cluster, type KubeObject, kindOf, stable } from '@ship/kube';
import { errors } from '../errors.js';
import { guardedPatchArgs } from '../tool/words.js';

/** One change of an object, by a JSON pointer. */
export interface Change {
  readonly path: string;
  readonly value: unknown;
}

/** A key as a JSON pointer has it. */
export const pointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** What cannot be read back is not in force, as far as anybody knows. */
export const unread = (error: Error): string => `it could not be read back: ${error.message}`;

/** What a change is made under: this part of the object is still what was read. */
export interface Guard {
  readonly path: string;
  readonly value: unknown;
  /** Reads the same part anew. */
  readonly of: (object: KubeObject) => unknown;
}

/** An object that a router needs. `kind`: as kubectl has it, with its group. Throws SHIP_KUBECTL_ROUTER_ABSENT. */
export async function demand<T extends KubeObject>(cluster: Cluster, component: string, kind: string, name: string): Promise<T> {
  const found = await cluster.find<T>(kind, name);
  const { context, namespace } = cluster.where;
  if (found === undefined)
    throw errors.SHIP_KUBECTL_ROUTER_ABSENT({ component, what: `${kind} ${name}`, where: `${context}/${namespace}` });
  return found;
}

/**
 * Makes changes in one patch, which the server refuses as a whole where the guarded part is not what was read. Throws
 * SHIP_KUBECTL_ROUTER_CHANGED, and SHIP_KUBE_COMMAND with the words of the server where it refuses for another reason.
 */
export async function patchGuarded(
  cluster: Cluster,
  object: KubeObject,
  guard: Guard,
  changes: readonly Change[],
  subresource?: 'status',
): Promise<void> {
  const patch = [
    { op: 'test', path: guard.path, value: guard.value },
    // `add` also replaces what is there.
    ...changes.map((each) => ({ op: 'add', ...each })),
  ];
  try {
    await cluster.text(guardedPatchArgs(object, patch, subresource), { isShown: true });
  } catch (error) {
    const now = await cluster.find(kindOf(object), object.metadata.name).catch(() => undefined);
    if (now === undefined || stable(guard.of(now)) === stable(guard.value)) throw error;
    throw errors.SHIP_KUBECTL_ROUTER_CHANGED({ object: `${object.kind} ${object.metadata.name}` });
  }
}
