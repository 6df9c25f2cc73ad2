import type { ErrorDefinition } from './ship-error.js';

/** Finding and reading the file. */
const fileErrors = {
  SHIP_CONFIG_NOT_FOUND: {
    exit: 2,
    message: (d: { file?: string; cwd: string }) =>
      d.file === undefined ? `No config was found in ${d.cwd} or in a folder above it` : `The config ${d.file} does not exist`,
    hint: 'Run `ship init` to make a ship.yaml, or name the file with `--config FILE`.',
  },
  SHIP_CONFIG_UNREADABLE: {
    exit: 2,
    message: (d: { file: string; reason: string }) => `The config ${d.file} cannot be read: ${d.reason}`,
    hint: 'Name a readable YAML or JSON file, or a module, with `--config FILE`.',
  },
  SHIP_CONFIG_TYPESCRIPT: {
    exit: 2,
    message: (d: { file: string; node: string }) => `${d.file} is TypeScript, which Node ${d.node} cannot load`,
    hint: 'Use Node 22.18 or newer, or rename the file to ship.mjs and take its types out.',
  },
  SHIP_CONFIG_MODULE_FAILED: {
    exit: 2,
    message: (d: { file: string; reason: string }) => `${d.file} could not be loaded: ${d.reason}`,
    hint: 'A module config exports plain data: `export default { version: 1, project: ... }`.',
  },
  SHIP_CONFIG_TOO_LARGE: {
    exit: 2,
    message: (d: { file: string; bytes: number; limit: number }) => `${d.file} has ${d.bytes} bytes, more than the limit of ${d.limit}`,
    hint: 'A config of this size is most likely another file. Keep data of a tool in its own files.',
  },
  SHIP_CONFIG_INVALID: {
    exit: 2,
    message: (d: { file: string; count: number }) => `${d.file} has ${d.count === 1 ? 'a mistake' : `${d.count} mistakes`}`,
    hint: 'Nothing was touched. `ship validate` checks the file again.',
  },
};

/** What YAML allows and a config does not. */
const yamlErrors = {
  SHIP_CONFIG_EMPTY: {
    exit: 2,
    message: (d: { file: string }) => `${d.file} is empty`,
    hint: 'Run `ship init` to make a config to start from.',
  },
  SHIP_CONFIG_SYNTAX: {
    exit: 2,
    message: (d: { reason: string }) => `This is not YAML: ${d.reason}`,
    hint: 'Look at the indentation, the colons and the quotes of this line and of the one above it.',
  },
  SHIP_CONFIG_TAB: {
    exit: 2,
    message: () => 'A tab is used for indentation',
    hint: 'Use spaces: YAML does not allow tabs there.',
  },
  SHIP_CONFIG_DUPLICATE_KEY: {
    exit: 2,
    message: (d: { path: string; line: number | undefined }) =>
      `${d.path} stands here a second time${d.line === undefined ? '' : `; the first is in line ${d.line}`}`,
    hint: 'Keep one of the two.',
  },
  SHIP_CONFIG_TWO_DOCUMENTS: {
    exit: 2,
    message: () => 'A second YAML document starts here',
    hint: 'Keep one document a file, and take the line `---` out.',
  },
  SHIP_CONFIG_ALIAS: {
    exit: 2,
    message: (d: { reason: string }) => `The YAML alias ${d.reason}`,
    hint: 'Write the value out, or set the anchor (`&name`) above the place that uses it.',
  },
  SHIP_CONFIG_ALIAS_BOMB: {
    exit: 2,
    message: () => 'The aliases of this file multiply its content more than 100 times',
    hint: 'Write the values out instead of nesting aliases.',
  },
  SHIP_CONFIG_TOO_DEEP: {
    exit: 2,
    message: (d: { limit: number }) => `The content is nested more than ${d.limit} levels deep`,
    hint: 'No part of a config needs that. Look for a bracket that is never closed.',
  },
  SHIP_CONFIG_MERGE_KEY: {
    exit: 2,
    message: (d: { path: string }) => `${d.path}: the merge key \`<<\` is not supported`,
    hint: 'Write the keys out. What differs by environment belongs in `environments:`.',
  },
  SHIP_CONFIG_TAG: {
    exit: 2,
    message: (d: { path: string; tag: string }) => `${d.path}: the YAML tag \`${d.tag}\` is not supported`,
    hint: 'Take the tag out: a config is plain data. Quote the value where text is meant.',
  },
  SHIP_CONFIG_DIRECTIVE: {
    exit: 2,
    message: (d: { directive: string }) => `The YAML directive \`${d.directive}\` is not supported`,
    hint: 'Take the line out: a config is YAML 1.2.',
  },
  SHIP_CONFIG_KEY: {
    exit: 2,
    message: (d: { path: string; reason: string }) => `${d.path}: a key ${d.reason}`,
    hint: 'Write keys as plain words, in quotes where they look like a number.',
  },
};

/** The codes for finding and reading the config. All of them exit with 2. */
export const configFileErrors = { ...fileErrors, ...yamlErrors } satisfies Record<string, ErrorDefinition<never>>;
