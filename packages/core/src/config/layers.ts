import { type Dict, isDict } from './paths.js';

/** Keys of the kernel. All others at the top are sections of plugins. */
export const KERNEL_KEYS = [
  '$schema',
  'version',
  'project',
  'environments',
  'default_environment',
  'optimization',
  'plugins',
  'components',
  'steps',
  'verify',
  'max_parallel',
  'lane',
  'secrets',
  'rollback_timeout',
  'store',
] as const;

/** Keys of the kernel that an environment may hold. */
export const ENVIRONMENT_KEYS: readonly string[] = ['approval', 'optimization', 'components', 'verify', 'max_parallel', 'lane'];

/** Keys of the kernel that stand at the top alone. */
export const TOP_KEYS: readonly string[] = KERNEL_KEYS.filter((key) => !ENVIRONMENT_KEYS.includes(key));

/** Puts the block of an environment over the rest of the file. Maps are merged; lists and the rest are replaced. */
export function mergeEnvironment(root: Dict, environment: string): Dict {
  const blocks = root.environments;
  const block = isDict(blocks) && Object.hasOwn(blocks, environment) ? blocks[environment] : undefined;
  if (!isDict(block)) return root;
  const kept = Object.entries(block).filter(([key]) => !TOP_KEYS.includes(key));
  return merge(root, Object.fromEntries(kept)) as Dict;
}

/** A value with another one put over it. */
export function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isDict(over)) return over;
  const below = isDict(base) ? base : {};
  const given = Object.keys(over).filter((key) => over[key] !== undefined);
  return { ...below, ...Object.fromEntries(given.map((key) => [key, merge(own(below, key), over[key])])) };
}

function own(dict: Dict, key: string): unknown {
  return Object.hasOwn(dict, key) ? dict[key] : undefined;
}
