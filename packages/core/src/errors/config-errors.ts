import type { ErrorDefinition } from './define.js';

/** The codes of config and command line. All of them exit with 2: nothing was touched. */
export const configErrors = {
  SHIP_CONFIG_INVALID: {
    exit: 2,
    message: (d: { file: string; count: number }) => `${d.file} has ${d.count === 1 ? 'a mistake' : `${d.count} mistakes`}`,
    hint: 'Nothing was touched. `ship validate` checks the file again.',
  },
} satisfies Record<string, ErrorDefinition<never>>;
