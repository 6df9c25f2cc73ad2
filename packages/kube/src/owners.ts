import type { Path } from './differences.js';
import type { KubeObject } from './objects.js';

/** Under this name ship sets fields. */
export const MANAGER = 'ship';

/** Somebody who has set fields of an object, as its API notes it. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource?: string;
  readonly fieldsV1?: Fields;
}

type Fields = { readonly [key: string]: Fields };

/** Tools by which people have set fields before ship did. What they have set may be taken over. */
const FORMER = /^(kubectl(-[a-z-]+)?|before-first-apply)$/;
/** What runs inside of the control plane; it sets the fields that are its own. */
const CONTROLLERS = /^(kube-controller-manager|kube-scheduler|kube-apiserver|kubelet|cloud-controller-manager)$/;

/** Is a manager one of the tools by which a person works? */
export const isFormer = (manager: string): boolean => FORMER.test(manager);

/** All managers of an object. */
export const managersOf = ({ metadata }: KubeObject): readonly Manager[] =>
  (metadata as { readonly managedFields?: readonly Manager[] }).managedFields ?? [];

/** Who but ship, the tools by which it works and the control plane has set a field, or one in it. */
export const foreignOwners = (object: KubeObject, path: Path, tools: readonly string[] = []): string[] => [
  ...new Set(
    managersOf(object)
      .filter(({ manager, fieldsV1 }) => isForeign(manager, tools) && owns(fieldsV1 ?? {}, object, path))
      .map(({ manager }) => manager),
  ),
];

const isForeign = (manager: string, tools: readonly string[]): boolean =>
  manager !== MANAGER && !tools.includes(manager) && !CONTROLLERS.test(manager);

/** Are the replicas set by something that is neither a person nor ship, and that sets nothing else, as an autoscaler does? */
export const isScaledByOther = (object: KubeObject, tools: readonly string[] = []): boolean =>
  managersOf(object).some(
    ({ manager, fieldsV1 = {}, subresource }) =>
      isForeign(manager, tools) &&
      !isFormer(manager) &&
      owns(fieldsV1, object, ['spec', 'replicas']) &&
      (subresource === 'scale' || (Object.keys(fieldsV1).length === 1 && Object.keys(fieldsV1['f:spec'] ?? {}).length === 1)),
  );

/** `f:` is a field, `k:` an item of a list by its keys, `v:` one by its value; what has nothing below it is owned as a whole. */
function owns(fields: Fields, object: unknown, path: Path): boolean {
  let node: Fields = fields;
  let at: unknown = object;
  for (const step of path) {
    const below = Object.keys(node).filter((key) => key !== '.');
    if (below.length === 0) return node !== fields;
    at = (at as Record<string | number, unknown> | undefined)?.[step];
    const key = typeof step === 'string' ? `f:${step}` : below.find((each) => isItem(each, at));
    const next = key === undefined ? undefined : node[key];
    if (next === undefined) return false;
    node = next;
  }
  return true;
}

function isItem(key: string, item: unknown): boolean {
  const wanted: unknown = JSON.parse(key.slice(2));
  if (key.startsWith('v:')) return wanted === item;
  return (
    key.startsWith('k:') &&
    Object.entries(wanted as Record<string, unknown>).every(
      ([name, value]) => (item as Record<string, unknown> | undefined)?.[name] === value,
    )
  );
}
