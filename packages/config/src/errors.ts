import { defineErrors } from '@ship/core';
import { type Choice, codes } from '@ship/core/kernel';

/** Advice that fits better than that of the code. */
export interface Advice {
  readonly hint?: string | undefined;
}

const list = (words: readonly string[]) => (words.length === 0 ? 'there are none' : words.map((word) => `\`${word}\``).join(', '));

const choose =
  (what: string) =>
  ({ suggestion, known }: Choice) =>
    `${suggestion === undefined ? '' : `Did you mean \`${suggestion}\`? `}${what}: ${list(known)}.`;

const ownHint = (d: Advice) => d.hint;

/** The codes of config and command line. All of them exit with 2: nothing was touched. */
export const errors = defineErrors(
  codes(2, {
    // Finding and reading the file.
    SHIP_CONFIG_NOT_FOUND: [
      (d: { file?: string; cwd: string }) =>
        d.file === undefined ? `No config was found in ${d.cwd} or in a folder above it` : `The config ${d.file} does not exist`,
      'Run `ship init` to make a ship.yaml, or name the file with `--config FILE`.',
    ],
    SHIP_CONFIG_UNREADABLE: [
      'The config {file} cannot be read: {reason}',
      'Name a readable YAML or JSON file, or a module, with `--config FILE`.',
    ],
    SHIP_CONFIG_FOREIGN: [
      (d: { file: string; path: string; reason: string; command: string }) =>
        `${d.file} is not read: ${d.path === d.file ? 'it' : d.path} ${d.reason}`,
      (d: { path: string; command: string }) =>
        `Whoever can change it can run commands as you. If you trust it: \`${d.command}\`; in a container: SHIP_TRUST=${d.path}.`,
    ],
    SHIP_CONFIG_TYPESCRIPT: [
      '{file} is TypeScript, which Node {node} cannot load',
      'Use Node 22.18 or newer, or rename the file to ship.mjs and take its types out.',
    ],
    SHIP_CONFIG_MODULE_FAILED: [
      '{file} could not be loaded: {reason}',
      'A module config exports plain data: `export default { version: 1, project: ... }`.',
    ],
    SHIP_CONFIG_TOO_LARGE: [
      '{file} has {bytes} bytes, more than the limit of {limit}',
      'A config of this size is most likely another file. Keep data of a tool in its own files.',
    ],
    // What YAML allows and a config does not.
    SHIP_CONFIG_EMPTY: ['{file} is empty', 'Run `ship init` to make a config to start from.'],
    SHIP_CONFIG_SYNTAX: [
      'This is not YAML: {reason}',
      'Look at the indentation, the colons and the quotes of this line and of the one above it.',
    ],
    SHIP_CONFIG_TAB: ['A tab is used for indentation', 'Use spaces: YAML does not allow tabs there.'],
    SHIP_CONFIG_DUPLICATE_KEY: [
      (d: { path: string; line: number | undefined }) =>
        `${d.path} stands here a second time${d.line === undefined ? '' : `; the first is in line ${d.line}`}`,
      'Keep one of the two.',
    ],
    SHIP_CONFIG_TWO_DOCUMENTS: ['A second YAML document starts here', 'Keep one document a file, and take the line `---` out.'],
    SHIP_CONFIG_ALIAS: ['The YAML alias {reason}', 'Write the value out, or set the anchor (`&name`) above the place that uses it.'],
    SHIP_CONFIG_ALIAS_BOMB: [
      'The aliases of this file multiply its content more than 100 times',
      'Write the values out instead of nesting aliases.',
    ],
    SHIP_CONFIG_TOO_DEEP: [
      'The content is nested more than {limit} levels deep',
      'No part of a config needs that. Look for a bracket that is never closed.',
    ],
    SHIP_CONFIG_MERGE_KEY: [
      '{path}: the merge key `<<` is not supported',
      'Write the keys out. What differs by environment belongs in `environments:`.',
    ],
    SHIP_CONFIG_TAG: [
      '{path}: the YAML tag `{tag}` is not supported',
      'Take the tag out: a config is plain data. Quote the value where text is meant.',
    ],
    SHIP_CONFIG_DIRECTIVE: ['The YAML directive `{directive}` is not supported', 'Take the line out: a config is YAML 1.2.'],
    SHIP_CONFIG_KEY: ['{path}: a key {reason}', 'Write keys as plain words, in quotes where they look like a number.'],
    // Values that are not what was expected.
    SHIP_CONFIG_TYPE: ['{path}: {value}, expected {expected}', ownHint],
    SHIP_CONFIG_UNQUOTED: ['{path}: {value} is not text: YAML reads it as {read}', (d: { value: string }) => `Quote it: "${d.value}".`],
    SHIP_CONFIG_BOOLEAN: ['{path}: {value} is text, expected a boolean', 'Write true or false, without quotes.'],
    SHIP_CONFIG_NUMBER: ['{path}: {value} is not {expected}', (d: { expected: string }) => `Write ${d.expected}.`],
    SHIP_CONFIG_DURATION: ['{path}: {value} {reason}', (d: Advice) => d.hint ?? 'Write a duration such as 10s, 5m or 250ms.'],
    SHIP_CONFIG_VALUE: ['{path}: {value} is not one of the values allowed here', choose('Allowed')],
    SHIP_CONFIG_FORMAT: ['{path}: {value} is not {expected}', ownHint],
    SHIP_CONFIG_MISSING_KEY: ['{path}: the key `{key}` is missing', (d: Advice & { key: string }) => d.hint ?? `Add \`${d.key}:\`.`],
    SHIP_CONFIG_UNKNOWN_KEY: ['{path} is not a known key', choose('Known here')],
    SHIP_CONFIG_VERSION: [
      (d: { value: string; newer: boolean }) =>
        d.newer
          ? `version: ${d.value} needs a newer ship; this one reads version 1`
          : `version: ${d.value} is not a version of the config format`,
      (d: { newer: boolean }) => (d.newer ? 'Update ship.' : 'Write `version: 1`.'),
    ],
    SHIP_CONFIG_PATTERN: [
      '{path}: the pattern {value} {reason}',
      'Write a regular expression as JavaScript has them, such as `^ok` or `"status":\\s*"up"`.',
    ],
    SHIP_CONFIG_INLINE_SECRET: [
      '{path}: {value} looks like {kind}, written into the config',
      'Put the value into an environment variable and write ${NAME} here. Replace the secret if the file was shared.',
    ],
    SHIP_CONFIG_UNSET_VARIABLE: [
      '{path}: the environment variable `{name}` is not set',
      (d: { name: string }) => `Set ${d.name}, give it a default as in \${${d.name}:-value}, or write $\${${d.name}} for the text itself.`,
    ],
    SHIP_CONFIG_INTERPOLATION: [
      '{path}: {value} starts a variable that cannot be read',
      'Write ${NAME} or ${NAME:-default}; a name has letters, digits and `_`. Write $${ for the text itself.',
    ],
    // Parts of the config that do not fit together.
    SHIP_CONFIG_NAME: [
      '{path}: the name {value} {reason}',
      'A name has 1 to 63 letters, digits, `.`, `_` or `-`, and starts with a letter or a digit.',
    ],
    SHIP_CONFIG_SAME_NAME: [
      (d: { path: string; value: string; other: string; onlyCase: boolean }) =>
        d.onlyCase
          ? `${d.path}: ${d.value} differs from ${d.other} in case alone`
          : `${d.path}: ${d.value} is already the name of ${d.other}`,
      'Give each a name of its own.',
    ],
    SHIP_CONFIG_UNKNOWN_REFERENCE: ['{path}: there is no {what} {value}', choose('Known')],
    SHIP_CONFIG_CYCLE: [
      (d: { path: string; cycle: readonly string[]; implicit: boolean }) => `${d.path}: these wait for each other: ${d.cycle.join(' -> ')}`,
      (d: { implicit: boolean }) =>
        d.implicit
          ? 'Take one of the arrows out. A step without `needs` waits for the one above it; `needs: []` waits for nothing.'
          : 'Take one of the arrows out.',
    ],
    SHIP_CONFIG_STEP: ['{path}: {reason}', 'A step has either `run: command` or `uses: plugin/action` with its input in `with:`.'],
    SHIP_CONFIG_CHECK: [
      '{path}: {reason}',
      'A check has one kind and its argument, such as `http: https://shop.example/healthz` or `run: npm test`.',
    ],
    SHIP_CONFIG_PLUGIN: [
      '{path}: {value} does not name a plugin',
      'Write `name`, `{ name: { option: value } }`, `{ name: false }` or `./path/of/a/plugin.mjs`.',
    ],
    // What comes from the command line, the environment and the disk.
    SHIP_ENVIRONMENT_UNKNOWN: ['There is no environment {value}', choose('Known')],
    SHIP_ENVIRONMENT_UNCLEAR: [
      (d: { known: readonly string[] }) => `The config has several environments and none was chosen: ${list(d.known)}`,
      'Choose one with `--env NAME` or SHIP_ENV, or set `default_environment:`.',
    ],
    SHIP_VARIABLE_INVALID: [
      'The environment variable {name} is not {expected}',
      (d: { name: string; expected: string }) => `Set ${d.name} to ${d.expected}, or unset it.`,
    ],
    SHIP_FLAG_INVALID: ['{flag} {value}: this is not {expected}', (d: { expected: string }) => `Give ${d.expected}.`],
    SHIP_STATE_FOLDER_OPEN: [
      'The state folder {dir} {reason}',
      (d: { command: string }) => `It holds captures, which may have secrets in them. Run: ${d.command}`,
    ],
    // Plugins that the config names.
    SHIP_PLUGIN_NOT_FOUND: [
      (d: { reference: string; tried: readonly string[]; suggestion?: string | undefined }) =>
        `plugin ${JSON.stringify(d.reference)} was not found (tried ${d.tried.join(', ')})`,
      (d: { suggestion?: string | undefined }) =>
        d.suggestion ? `Did you mean \`${d.suggestion}\`?` : 'Install the package beside the config, or give a path that starts with `./`.',
    ],
    SHIP_PLUGIN_FAILED: [
      'plugin {plugin} cannot be loaded: {message}',
      'Switch it off with `{ NAME: false }` in `plugins:`, or report this to its author.',
    ],
    SHIP_PLUGIN_API: [
      (d: { plugin: string; range: string; api: number }) =>
        `plugin ${d.plugin} is for ship ${JSON.stringify(d.range)}, and this is API ${d.api}`,
      'Install a version of the plugin that is for this API.',
    ],
    SHIP_PLUGIN_TYPESCRIPT: [
      '{plugin} is TypeScript, which Node {node} cannot load',
      'Use Node 22.18 or newer, or compile the plugin to .mjs.',
    ],
    SHIP_PLUGIN_OPTIONS: [
      (d: { plugin: string; mistakes: readonly string[]; hint: string | undefined }) =>
        `options of plugin ${d.plugin}: ${d.mistakes.join('; ')}`,
      (d: { hint: string | undefined }) => d.hint,
    ],
    SHIP_PLUGIN_TIMEOUT: [
      'plugin {plugin} was not {what} within {deadlineMs}',
      'It awaits something that never comes. What takes long belongs into its hook `beforeRun`.',
    ],
    SHIP_PLUGIN_CONFIG: [
      'plugin {plugin} answered a config that cannot be used: {problem}',
      'Its hook `config` answers a whole config, or nothing. Report this to the author of the plugin.',
    ],
    SHIP_PLUGIN_REQUIRES: ['plugin {plugin} requires plugin {required}, which is not on', 'Add it to `plugins:`.'],
    SHIP_PLUGIN_SCHEMA: [
      'plugin {plugin}: the schema of {what} cannot be used: {problem}',
      'It is not a JSON Schema of draft 07. Report this to the author of the plugin.',
    ],
    SHIP_PLUGIN_CYCLE: [(d: { path: readonly string[] }) => `plugins require each other: ${d.path.join(' -> ')}`],
  }),
);
