import { configFileErrors } from './config-file-errors.js';
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
  ...configFileErrors,
  ...valueErrors,
  ...relationErrors,
  ...usageErrors,
} satisfies Record<string, ErrorDefinition<never>>;
