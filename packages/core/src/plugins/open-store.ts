import { errors } from '../errors/catalogue.js';
import { isShipError, messageOf } from '../errors/ship-error.js';
import type { Store, StoreOptions } from '../types/index.js';
import { inTime, PLUGIN_DEADLINE_MS } from './in-time.js';
import type { Registry } from './registry.js';

const METHODS = ['get', 'put', 'appender', 'list', 'remove', 'lease', 'leaseOwner', 'freeLease'] as const;

/** The store of a name; undefined where no plugin brings it. Throws SHIP_STORE_UNUSABLE where it cannot be made. */
export async function openStore({ stores }: Registry, name: string, options: StoreOptions): Promise<Store | undefined> {
  const make = stores.get(name);
  if (make === undefined) return undefined;
  const unusable = (reason: string, cause?: unknown) =>
    errors.SHIP_STORE_UNUSABLE({ name, plugin: stores.ownerOf(name)!, reason }, { cause });
  try {
    const store = await inTime(
      () => make(options),
      () => unusable(`it was not made within ${PLUGIN_DEADLINE_MS / 1000} s`),
    );
    const missing = METHODS.find((method) => typeof store?.[method] !== 'function');
    if (missing !== undefined) throw unusable(`it has no ${missing}()`);
    if (typeof store.flags?.leases !== 'boolean') throw unusable('it does not say in `flags` whether it has leases');
    return store;
  } catch (error) {
    throw isShipError(error) ? error : unusable(messageOf(error), error);
  }
}
