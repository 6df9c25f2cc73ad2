import { errors } from '../errors.js';
import { quotedKey } from './address.js';

/** What ship reads of a state; everything else in it is Terraform's own. */
export interface State {
  readonly serial: number;
  readonly lineage: string;
  /** Addresses of what is managed. */
  readonly addresses: readonly string[];
  /** Addresses of what failed half way, and will be replaced. */
  readonly tainted: readonly string[];
  /** Addresses of what was made anew, and whose older one stands still. */
  readonly deposed: readonly string[];
  /** What it holds of each that is managed, by address: for comparing one state with another. */
  readonly contents: ReadonlyMap<string, unknown>;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** As it was pulled. */
  readonly text: string;
}

interface RawInstance {
  readonly index_key?: string | number;
  readonly status?: string;
  readonly attributes?: unknown;
  /** Of an older one that was to go after its successor had come. */
  readonly deposed?: string;
}

interface RawResource {
  readonly mode: string;
  readonly module?: string;
  readonly type: string;
  readonly name: string;
  readonly instances?: readonly RawInstance[];
}

/** Reads what `state pull` wrote; undefined where there is no state. */
export function readState(text: string): State | undefined {
  if (text.trim() === '') return undefined;
  const raw = parsed(text);
  const instances = (raw.resources ?? [])
    .filter(({ mode }) => mode === 'managed')
    .flatMap((resource) =>
      (resource.instances ?? []).map((instance) => ({
        address: addressOf(resource, instance),
        status: instance.status,
        attributes: instance.attributes,
        isDeposed: instance.deposed !== undefined,
      })),
    );
  return {
    serial: raw.serial,
    lineage: raw.lineage,
    addresses: [...new Set(instances.map(({ address }) => address))].sort(),
    deposed: instances.filter(({ isDeposed }) => isDeposed).map(({ address }) => address),
    tainted: instances.filter(({ status }) => status === 'tainted').map(({ address }) => address),
    contents: new Map(instances.flatMap(({ address, isDeposed, ...content }) => (isDeposed ? [] : [[address, content]]))),
    outputs: Object.fromEntries(Object.entries(raw.outputs ?? {}).map(([name, { value }]) => [name, value])),
    text,
  };
}

interface RawState {
  readonly serial: number;
  readonly lineage: string;
  readonly resources?: readonly RawResource[];
  readonly outputs?: Readonly<Record<string, { readonly value?: unknown }>>;
}

function parsed(text: string): RawState {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw errors.SHIP_TERRAFORM_UNREADABLE({ what: 'the state', problem: 'it is no JSON' });
  }
  const { serial, lineage, version } = (raw ?? {}) as Record<string, unknown>;
  if (typeof serial !== 'number' || typeof lineage !== 'string' || version !== 4)
    throw errors.SHIP_TERRAFORM_UNREADABLE({ what: 'the state', problem: `its version is ${JSON.stringify(version)}, and 4 is known` });
  return raw as RawState;
}

function addressOf({ module, type, name }: RawResource, { index_key }: RawInstance): string {
  const index = index_key === undefined ? '' : `[${typeof index_key === 'number' ? index_key : quotedKey(index_key)}]`;
  return `${module === undefined ? '' : `${module}.`}${type}.${name}${index}`;
}
