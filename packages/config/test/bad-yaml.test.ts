import { describe, expect, test } from 'vitest';
import { loadConfig } from '../src/load.js';
import { failure, folder, HEAD, load, mistakes, told } from './helper.js';

const KEY_HINT = 'Write keys as plain words, in quotes where they look like a number.';
const DEEP =
  'SHIP_CONFIG_TOO_DEEP The content is nested more than 64 levels deep | No part of a config needs that. Look for a bracket that is never closed.';

describe('Given a file that is no config', () => {
  test.each([
    ['an empty file', '', 'ship.yaml:1:1 SHIP_CONFIG_EMPTY ship.yaml is empty | Run `ship init` to make a config to start from.'],
    [
      'comments alone',
      '# nothing\n',
      'ship.yaml:1:1 SHIP_CONFIG_EMPTY ship.yaml is empty | Run `ship init` to make a config to start from.',
    ],
    [
      'a tab for indentation',
      `${HEAD}components:\n\tapi: {}\n`,
      'ship.yaml:4:1 SHIP_CONFIG_TAB A tab is used for indentation | Use spaces: YAML does not allow tabs there.',
    ],
    [
      'a key twice',
      `${HEAD}lane: docs\nproject: other\n`,
      'ship.yaml:4:1 SHIP_CONFIG_DUPLICATE_KEY project stands here a second time; the first is in line 2 | Keep one of the two.',
    ],
    [
      'two documents',
      `${HEAD}---\nversion: 1\n`,
      'ship.yaml:3:1 SHIP_CONFIG_TWO_DOCUMENTS A second YAML document starts here | Keep one document a file, and take the line `---` out.',
    ],
    [
      'an alias bomb',
      `${HEAD}a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c]\n`,
      'ship.yaml:4:8 SHIP_CONFIG_ALIAS_BOMB The aliases of this file multiply its content more than 100 times | Write the values out instead of nesting aliases.',
    ],
    [
      'an alias without an anchor',
      `${HEAD}lane: *lane\n`,
      'ship.yaml:3:7 SHIP_CONFIG_ALIAS The YAML alias `*lane` has no anchor above it | Write the value out, or set the anchor (`&name`) above the place that uses it.',
    ],
    [
      'an alias inside its own anchor',
      `${HEAD}alerts: &a { again: *a }\n`,
      'ship.yaml:3:21 SHIP_CONFIG_ALIAS The YAML alias `*a` contains itself | Write the value out, or set the anchor (`&name`) above the place that uses it.',
    ],
    ['brackets without end', `${HEAD}alerts: ${'['.repeat(5000)}`, `ship.yaml:3:72 ${DEEP}`],
    ['lists in lists in one line', `${'- '.repeat(9000)}a`, `ship.yaml:1:129 ${DEEP}`],
    [
      'a merge key',
      `${HEAD}alerts:\n  <<: { a: 1 }\n`,
      'ship.yaml:4:3 SHIP_CONFIG_MERGE_KEY alerts.<<: the merge key `<<` is not supported | Write the keys out. What differs by environment belongs in `environments:`.',
    ],
    [
      'a tag of JavaScript',
      `${HEAD}alerts: { a: !!js/function "x" }\n`,
      'ship.yaml:3:14 SHIP_CONFIG_TAG alerts.a: the YAML tag `!!js/function` is not supported | Take the tag out: a config is plain data. Quote the value where text is meant.',
    ],
    [
      'a tag of its own',
      `${HEAD}alerts: !foo bar\n`,
      'ship.yaml:3:9 SHIP_CONFIG_TAG alerts: the YAML tag `!foo` is not supported | Take the tag out: a config is plain data. Quote the value where text is meant.',
    ],
    [
      'a tag in front of a key',
      `${HEAD}alerts: { !foo bar: x }\n`,
      'ship.yaml:3:11 SHIP_CONFIG_TAG alerts.bar: the YAML tag `!foo` is not supported | Take the tag out: a config is plain data. Quote the value where text is meant.',
    ],
    [
      'a mistake that an alias repeats',
      `${HEAD}alerts: { a: &a { <<: { b: 1 } }, c: *a }\n`,
      'ship.yaml:3:19 SHIP_CONFIG_MERGE_KEY alerts.a.<<: the merge key `<<` is not supported | Write the keys out. What differs by environment belongs in `environments:`.',
    ],
    [
      'an alias of what is refused',
      `${HEAD}alerts: { a: { <<: &b { c: 1 } }, d: *b }\n`,
      'ship.yaml:3:16 SHIP_CONFIG_MERGE_KEY alerts.a.<<: the merge key `<<` is not supported | Write the keys out. What differs by environment belongs in `environments:`.',
    ],
    [
      'a directive',
      `%YAML 1.1\n---\n${HEAD}`,
      'ship.yaml:1:1 SHIP_CONFIG_DIRECTIVE The YAML directive `%YAML 1.1` is not supported | Take the line out: a config is YAML 1.2.',
    ],
    [
      'the key __proto__',
      `${HEAD}__proto__: { lane: docs }\n`,
      `ship.yaml:3:1 SHIP_CONFIG_KEY __proto__: a key may not be named \`__proto__\` | ${KEY_HINT}`,
    ],
    [
      'the key constructor',
      `${HEAD}alerts: { constructor: 1 }\n`,
      `ship.yaml:3:11 SHIP_CONFIG_KEY alerts.constructor: a key may not be named \`constructor\` | ${KEY_HINT}`,
    ],
    [
      'the key prototype',
      `${HEAD}alerts: { "prototype": 1 }\n`,
      `ship.yaml:3:11 SHIP_CONFIG_KEY alerts.prototype: a key may not be named \`prototype\` | ${KEY_HINT}`,
    ],
    [
      'a list as a key',
      `${HEAD}alerts: { ? [a] : 1 }\n`,
      `ship.yaml:3:13 SHIP_CONFIG_KEY alerts: a key must be a plain word, not an alias, a list or a map | ${KEY_HINT}`,
    ],
    [
      'a key that changes',
      `${HEAD}alerts: { 1.10: a }\n`,
      `ship.yaml:3:11 SHIP_CONFIG_KEY alerts.1.1: a key is written 1.10, which YAML reads as 1.1 | ${KEY_HINT}`,
    ],
    ['a list', '- version: 1\n', 'ship.yaml:1:1 SHIP_CONFIG_TYPE The config: a list, expected a map | Start with `version: 1`.'],
    [
      'a quote that is never closed',
      `${HEAD}lane: "docs\n`,
      'ship.yaml:4:1 SHIP_CONFIG_SYNTAX This is not YAML: Missing closing | Look at the indentation, the colons and the quotes of this line and of the one above it.',
    ],
    [
      'a colon too many',
      `${HEAD}lane: docs: x\n`,
      'ship.yaml:3:7 SHIP_CONFIG_SYNTAX This is not YAML: Nested mappings are not allowed in compact mappings | Look at the indentation, the colons and the quotes of this line and of the one above it.',
    ],
  ])('When it has %s, then that is told', async (_name, text, expected) => {
    expect(await mistakes(text)).toEqual([expected]);
  });

  test('When the syntax is broken, then nothing of the content is told', async () => {
    const [only] = await mistakes(`${HEAD}- not-to-be-told\nnot-to-be-told: "a" not-to-be-told`);
    expect(only).not.toContain('not-to-be-told');
  });

  test('When it has more than 1 MB, then it is not read', async () => {
    const error = await failure(load(`${HEAD}# ${'x'.repeat(1024 * 1024)}`));
    expect(told(error)).toBe(
      'SHIP_CONFIG_TOO_LARGE ship.yaml has 1048603 bytes, more than the limit of 1048576 | A config of this size is most likely another file. Keep data of a tool in its own files.',
    );
  });

  test('When it is not UTF-8, then that is told', async () => {
    const cwd = folder({ 'ship.yaml': Uint8Array.of(0x61, 0xff, 0xfe) });
    expect(told(await failure(loadConfig({ cwd, env: {} })))).toBe(
      'SHIP_CONFIG_UNREADABLE The config ship.yaml cannot be read: it is not UTF-8 text | Name a readable YAML or JSON file, or a module, with `--config FILE`.',
    );
  });

  test('When it begins with a byte order mark, or holds the character that stands for what is no text, then it is read', async () => {
    const text = `\uFEFF${HEAD}steps:\n  - { id: a, name: "\uFFFD", run: x }\n`;
    const { config } = await loadConfig({ cwd: folder({ 'ship.yaml': text }), env: {} });
    expect(config.steps[0]!.name).toBe('\uFFFD');
    const { config: marked } = await loadConfig({ cwd: folder({ 'ship.yaml': `\uFEFF${HEAD}` }), env: {} });
    expect(marked.project).toBe(config.project);
  });

  test('When aliases are few, then they are allowed and keep their positions', async () => {
    const { config } = await load(`${HEAD}steps:\n  - &s { id: a, run: x, retry: &r { times: 1 } }\n  - { id: b, run: y, retry: *r }\n`);
    expect(config.steps[1]!.retry!.times).toBe(1);
  });
});
