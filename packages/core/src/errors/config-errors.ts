import type { ErrorDefinition } from './ship-error.js';

/** A value of the config, as an error shows it: where it stands and a short form of it. */
export interface Shown {
  readonly path: string;
  readonly value: string;
  /** Advice that fits better than that of the code. */
  readonly hint?: string | undefined;
}

/** A word that was expected to be one of some others. */
export interface Choice {
  readonly suggestion: string | undefined;
  readonly known: readonly string[];
}

const list = (words: readonly string[]) => (words.length === 0 ? 'there are none' : words.map((word) => `\`${word}\``).join(', '));

const choose = (what: string, { suggestion, known }: Choice) =>
  `${suggestion === undefined ? '' : `Did you mean \`${suggestion}\`? `}${what}: ${list(known)}.`;

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

/** Values that are not what was expected. */
const valueErrors = {
  SHIP_CONFIG_TYPE: {
    exit: 2,
    message: (d: Shown & { expected: string }) => `${d.path}: ${d.value}, expected ${d.expected}`,
    hint: (d: Shown) => d.hint,
  },
  SHIP_CONFIG_UNQUOTED: {
    exit: 2,
    message: (d: Shown & { read: string }) => `${d.path}: ${d.value} is not text: YAML reads it as ${d.read}`,
    hint: (d: Shown) => `Quote it: "${d.value}".`,
  },
  SHIP_CONFIG_BOOLEAN: {
    exit: 2,
    message: (d: Shown) => `${d.path}: ${d.value} is text, expected a boolean`,
    hint: 'Write true or false, without quotes.',
  },
  SHIP_CONFIG_NUMBER: {
    exit: 2,
    message: (d: Shown & { expected: string }) => `${d.path}: ${d.value} is not ${d.expected}`,
    hint: (d: { expected: string }) => `Write ${d.expected}.`,
  },
  SHIP_CONFIG_DURATION: {
    exit: 2,
    message: (d: Shown & { reason: string }) => `${d.path}: ${d.value} ${d.reason}`,
    hint: (d: Shown) => d.hint ?? 'Write a duration such as 10s, 5m or 250ms.',
  },
  SHIP_CONFIG_VALUE: {
    exit: 2,
    message: (d: Shown & Choice) => `${d.path}: ${d.value} is not one of the values allowed here`,
    hint: (d: Choice) => choose('Allowed', d),
  },
  SHIP_CONFIG_FORMAT: {
    exit: 2,
    message: (d: Shown & { expected: string }) => `${d.path}: ${d.value} is not ${d.expected}`,
    hint: (d: Shown) => d.hint,
  },
  SHIP_CONFIG_MISSING_KEY: {
    exit: 2,
    message: (d: { path: string; key: string; hint?: string }) => `${d.path}: the key \`${d.key}\` is missing`,
    hint: (d: { key: string; hint?: string }) => d.hint ?? `Add \`${d.key}:\`.`,
  },
  SHIP_CONFIG_UNKNOWN_KEY: {
    exit: 2,
    message: (d: { path: string } & Choice) => `${d.path} is not a known key`,
    hint: (d: Choice) => choose('Known here', d),
  },
  SHIP_CONFIG_VERSION: {
    exit: 2,
    message: (d: { value: string; newer: boolean }) =>
      d.newer
        ? `version: ${d.value} needs a newer ship; this one reads version 1`
        : `version: ${d.value} is not a version of the config format`,
    hint: (d: { newer: boolean }) => (d.newer ? 'Update ship.' : 'Write `version: 1`.'),
  },
  SHIP_CONFIG_PATTERN: {
    exit: 2,
    message: (d: Shown & { reason: string }) => `${d.path}: the pattern ${d.value} ${d.reason}`,
    hint: 'Write a simpler pattern. A quantifier inside a repeated group can take minutes on a short text.',
  },
  SHIP_CONFIG_INLINE_SECRET: {
    exit: 2,
    message: (d: Shown & { kind: string }) => `${d.path}: ${d.value} looks like ${d.kind}, written into the config`,
    hint: 'Put the value into an environment variable and write ${NAME} here. Replace the secret if the file was shared.',
  },
  SHIP_CONFIG_UNSET_VARIABLE: {
    exit: 2,
    message: (d: { path: string; name: string }) => `${d.path}: the environment variable \`${d.name}\` is not set`,
    hint: (d: { name: string }) =>
      `Set ${d.name}, give it a default as in \${${d.name}:-value}, or write $\${${d.name}} for the text itself.`,
  },
  SHIP_CONFIG_INTERPOLATION: {
    exit: 2,
    message: (d: Shown) => `${d.path}: ${d.value} starts a variable that cannot be read`,
    hint: 'Write ${NAME} or ${NAME:-default}; a name has letters, digits and `_`. Write $${ for the text itself.',
  },
};

/** Parts of the config that do not fit together. */
const relationErrors = {
  SHIP_CONFIG_NAME: {
    exit: 2,
    message: (d: Shown & { reason: string }) => `${d.path}: the name ${d.value} ${d.reason}`,
    hint: 'A name has 1 to 63 letters, digits, `.`, `_` or `-`, and starts with a letter or a digit.',
  },
  SHIP_CONFIG_SAME_NAME: {
    exit: 2,
    message: (d: Shown & { other: string; onlyCase: boolean }) =>
      d.onlyCase
        ? `${d.path}: ${d.value} differs from ${d.other} in case alone`
        : `${d.path}: ${d.value} is already the name of ${d.other}`,
    hint: 'Give each a name of its own.',
  },
  SHIP_CONFIG_UNKNOWN_REFERENCE: {
    exit: 2,
    message: (d: Shown & Choice & { what: string }) => `${d.path}: there is no ${d.what} ${d.value}`,
    hint: (d: Choice) => choose('Known', d),
  },
  SHIP_CONFIG_CYCLE: {
    exit: 2,
    message: (d: { path: string; cycle: readonly string[]; implicit: boolean }) =>
      `${d.path}: these wait for each other: ${d.cycle.join(' -> ')}`,
    hint: (d: { implicit: boolean }) =>
      d.implicit
        ? 'Take one of the arrows out. A step without `needs` waits for the one above it; `needs: []` waits for nothing.'
        : 'Take one of the arrows out.',
  },
  SHIP_CONFIG_STEP: {
    exit: 2,
    message: (d: { path: string; reason: string }) => `${d.path}: ${d.reason}`,
    hint: 'A step has either `run: command` or `uses: plugin/action` with its input in `with:`.',
  },
  SHIP_CONFIG_CHECK: {
    exit: 2,
    message: (d: { path: string; reason: string }) => `${d.path}: ${d.reason}`,
    hint: 'A check has one kind and its argument, such as `http: https://shop.example/healthz` or `run: npm test`.',
  },
  SHIP_CONFIG_PLUGIN: {
    exit: 2,
    message: (d: Shown) => `${d.path}: ${d.value} does not name a plugin`,
    hint: 'Write `name`, `{ name: { option: value } }`, `{ name: false }` or `./path/of/a/plugin.mjs`.',
  },
};

/** What comes from the command line, the environment and the disk. */
const usageErrors = {
  SHIP_ENVIRONMENT_UNKNOWN: {
    exit: 2,
    message: (d: { value: string } & Choice) => `There is no environment ${d.value}`,
    hint: (d: Choice) => choose('Known', d),
  },
  SHIP_ENVIRONMENT_UNCLEAR: {
    exit: 2,
    message: (d: { known: readonly string[] }) => `The config has several environments and none was chosen: ${list(d.known)}`,
    hint: 'Choose one with `--env NAME` or SHIP_ENV, or set `default_environment:`.',
  },
  SHIP_VARIABLE_INVALID: {
    exit: 2,
    message: (d: { name: string; expected: string }) => `The environment variable ${d.name} is not ${d.expected}`,
    hint: (d: { name: string; expected: string }) => `Set ${d.name} to ${d.expected}, or unset it.`,
  },
  SHIP_FLAG_INVALID: {
    exit: 2,
    message: (d: { flag: string; value: string; expected: string }) => `${d.flag} ${d.value}: this is not ${d.expected}`,
    hint: (d: { expected: string }) => `Give ${d.expected}.`,
  },
  SHIP_STATE_FOLDER_OPEN: {
    exit: 2,
    message: (d: { dir: string; reason: string; command: string }) => `The state folder ${d.dir} ${d.reason}`,
    hint: (d: { command: string }) => `It holds captures, which may have secrets in them. Run: ${d.command}`,
  },
};

/** The codes of config and command line. All of them exit with 2: nothing was touched. */
export const configErrors = {
  ...fileErrors,
  ...yamlErrors,
  ...valueErrors,
  ...relationErrors,
  ...usageErrors,
} satisfies Record<string, ErrorDefinition<never>>;
