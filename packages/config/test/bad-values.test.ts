import { describe, expect, test } from 'vitest';
import { HEAD, load, mistakes } from './helper.js';

const quote = (text: string) => `Quote it: "${text}".`;
const UNITS = 'Write a duration such as 10s, 5m or 250ms.';
const component = (version: string) => `${HEAD}components: { api: { driver: helm, version: ${version} } }\n`;
const version = (written: string, read: string) =>
  `ship.yaml:3:45 SHIP_CONFIG_UNQUOTED components.api.version: ${written} is not text: YAML reads it as ${read} | ${quote(written)}`;
const step = (rest: string) => `${HEAD}steps:\n  - { id: a, run: x, ${rest} }\n`;

describe('Given a value that YAML does not read as it is written', () => {
  test.each([
    ['1.10', 'the number 1.1'],
    ['1234567e8', 'the number 123456700000000'],
    ['12345678901234567890', 'the number 12345678901234567000'],
    ['0x1F', 'the number 31'],
    ['true', 'the boolean true'],
    ['2024-01-01', 'a date, in some versions'],
  ])('When the version is %s, then quotes are asked for', async (written, read) => {
    expect(await mistakes(component(written))).toEqual([version(written, read)]);
  });

  test('When the same versions are quoted, then they arrive as they are written', async () => {
    for (const written of ['1.10', '1234567e8', '0x1F', '2024-01-01', 'v1.2.3+build.4']) {
      expect((await load(component(`"${written}"`))).config.components.api!.version).toBe(written);
    }
  });

  test.each([
    [
      'an id of digits alone',
      `${HEAD}steps: [{ id: 4711, run: x }]\n`,
      `ship.yaml:3:15 SHIP_CONFIG_UNQUOTED steps[0].id: 4711 is not text: YAML reads it as the number 4711 | ${quote('4711')}`,
    ],
    [
      'a sha of digits alone',
      `${HEAD}alerts: { git_sha: 1234567 }\n`,
      `ship.yaml:3:20 SHIP_CONFIG_UNQUOTED alerts.git_sha: 1234567 is not text: YAML reads it as the number 1234567 | ${quote('1234567')}`,
    ],
    [
      'a number that loses digits',
      `${HEAD}alerts: { account: 12345678901234567890 }\n`,
      `ship.yaml:3:20 SHIP_CONFIG_UNQUOTED alerts.account: 12345678901234567890 is not text: YAML reads it as the number 12345678901234567000 | ${quote('12345678901234567890')}`,
    ],
    [
      'a number with a leading zero',
      `${HEAD}alerts: { account: 012345678901 }\n`,
      `ship.yaml:3:20 SHIP_CONFIG_UNQUOTED alerts.account: 012345678901 is not text: YAML reads it as the number 12345678901 | ${quote('012345678901')}`,
    ],
    [
      'a variable that loses its last digit',
      `${HEAD}plugins: [{ terraform: { dir: x, vars: { ver: 1.10 } } }]\n`,
      `ship.yaml:3:47 SHIP_CONFIG_UNQUOTED plugins[0].terraform.vars.ver: 1.10 is not text: YAML reads it as the number 1.1 | ${quote('1.10')}`,
    ],
    [
      'a variable in another base',
      `${HEAD}plugins: [{ terraform: { dir: x, vars: { deep: [{ hex: 0x1F }] } } }]\n`,
      `ship.yaml:3:56 SHIP_CONFIG_UNQUOTED plugins[0].terraform.vars.deep[0].hex: 0x1F is not text: YAML reads it as the number 31 | ${quote('0x1F')}`,
    ],
    [
      'no number at all',
      `${HEAD}alerts: { rate: .nan }\n`,
      'ship.yaml:3:17 SHIP_CONFIG_NUMBER alerts.rate: .nan is not a finite number | Write a finite number.',
    ],
    [
      'an endless number',
      `${HEAD}max_parallel: .inf\n`,
      'ship.yaml:3:15 SHIP_CONFIG_NUMBER max_parallel: .inf is not a whole number from 1 to 64 | Write a whole number from 1 to 64.',
    ],
    [
      'a negative number',
      `${HEAD}max_parallel: -2\n`,
      'ship.yaml:3:15 SHIP_CONFIG_NUMBER max_parallel: -2 is not a whole number from 1 to 64 | Write a whole number from 1 to 64.',
    ],
    [
      'a fraction',
      `${HEAD}max_parallel: 1.5\n`,
      'ship.yaml:3:15 SHIP_CONFIG_NUMBER max_parallel: 1.5 is not a whole number from 1 to 64 | Write a whole number from 1 to 64.',
    ],
  ])('When it is %s, then that is told', async (_name, text, expected) => {
    expect(await mistakes(text)).toEqual([expected]);
  });

  test.each(['no', 'on', 'yes', 'off', '"true"'])('When %s is given for a boolean, then true or false is asked for', async (word) => {
    const shown = JSON.stringify(word.replaceAll('"', ''));
    expect(await mistakes(`${HEAD}optimization: { rollback: { enabled: ${word} } }\n`)).toEqual([
      `ship.yaml:3:38 SHIP_CONFIG_BOOLEAN optimization.rollback.enabled: ${shown} is text, expected a boolean | Write true or false, without quotes.`,
    ]);
  });
});

describe('Given a duration that is none', () => {
  test.each([
    ['10', '10 is a number without a unit', 'Write 10s where seconds are meant, or a duration such as 5m or 250ms.'],
    ['"10"', '"10" is a number without a unit', 'Write 10s where seconds are meant, or a duration such as 5m or 250ms.'],
    ['-5s', '"-5s" is a negative duration', UNITS],
    ['-5', '-5 is a negative duration', UNITS],
    ['.nan', '.nan is not a duration', UNITS],
    ['.inf', '.inf is not a duration', UNITS],
    ['5 minutes', '"5 minutes" is not a duration', UNITS],
    ['0s', '"0s" is no time at all', 'Write a duration above zero, such as 10s.'],
    ['1000h', '"1000h" is longer than 576h', 'Write at most 576h.'],
  ])('When the timeout is %s, then that is told', async (written, message, hint) => {
    expect(await mistakes(step(`timeout: ${written}`))).toEqual([
      `ship.yaml:4:31 SHIP_CONFIG_DURATION steps[0].timeout: ${message} | ${hint}`,
    ]);
  });

  test('When max_delay is shorter than delay, then that is told', async () => {
    expect(await mistakes(step('retry: { times: 1, delay: 5s, max_delay: 1s }'))).toEqual([
      'ship.yaml:4:63 SHIP_CONFIG_DURATION steps[0].retry.max_delay: "1s" is shorter than the delay before the first retry | Make `max_delay` at least as long as `delay`.',
    ]);
  });
});

describe('Given a key or a word that is not known', () => {
  test.each([
    [
      'a key of a step',
      step('retyr: { times: 1 }'),
      'ship.yaml:4:22 SHIP_CONFIG_UNKNOWN_KEY steps[0].retyr is not a known key | Did you mean `retry`? Known here: `id`, `name`, `uses`, `run`, `undo`, `capture`, `probe`, `cwd`, `env`, `shell`, `irreversible`, `with`, `component`, `on`, `needs`, `when`, `retry`, `timeout`, `continue_on_error`, `critical`, `leaves`.',
    ],
    [
      'a suite',
      `${HEAD}verify: { smok: [] }\n`,
      'ship.yaml:3:11 SHIP_CONFIG_UNKNOWN_KEY verify.smok is not a known key | Did you mean `smoke`? Known here: `smoke`, `acceptance`, `security`, `performance`, `bake`.',
    ],
    [
      'a lane',
      `${HEAD}lane: heavi\n`,
      'ship.yaml:3:7 SHIP_CONFIG_VALUE lane: "heavi" is not one of the values allowed here | Did you mean `heavy`? Allowed: `docs`, `standard`, `heavy`.',
    ],
    [
      'a key that an environment cannot have',
      `${HEAD}environments: { staging: { steps: [] } }\n`,
      'ship.yaml:3:28 SHIP_CONFIG_UNKNOWN_KEY environments.staging.steps is not a known key | Known here: `approval`, `optimization`, `components`, `verify`, `max_parallel`, `lane`.',
    ],
    [
      'no version',
      'project: shop\n',
      'ship.yaml:1:1 SHIP_CONFIG_MISSING_KEY The config: the key `version` is missing | Write `version: 1` in its first line.',
    ],
    [
      'a newer version',
      'version: 2\nproject: shop\n',
      'ship.yaml:1:10 SHIP_CONFIG_VERSION version: 2 needs a newer ship; this one reads version 1 | Update ship.',
    ],
    [
      'a version in quotes',
      'version: "1"\nproject: shop\n',
      'ship.yaml:1:10 SHIP_CONFIG_VERSION version: "1" is not a version of the config format | Write `version: 1`.',
    ],
    [
      'no project',
      'version: 1\n',
      'ship.yaml:1:1 SHIP_CONFIG_MISSING_KEY The config: the key `project` is missing | Name the project: `project: shop`.',
    ],
    [
      'no id',
      `${HEAD}steps: [{ run: x }]\n`,
      'ship.yaml:3:9 SHIP_CONFIG_MISSING_KEY steps[0]: the key `id` is missing | Give the step a name, such as `id: build`.',
    ],
    [
      'nothing where a list belongs',
      `${HEAD}steps:\n`,
      'ship.yaml:3:7 SHIP_CONFIG_TYPE steps: nothing, expected a list | Write each item in a line of its own after `- `, or all of them as [a, b].',
    ],
    [
      'text where a map belongs',
      step('with: hello'),
      'ship.yaml:4:28 SHIP_CONFIG_TYPE steps[0].with: "hello" is text, expected a map | Write `key: value` pairs, indented, in the lines below.',
    ],
    [
      'a word for a number',
      `${HEAD}max_parallel: "4"\n`,
      'ship.yaml:3:15 SHIP_CONFIG_TYPE max_parallel: "4" is text, expected a whole number from 1 to 64 | Write the number without quotes.',
    ],
    [
      'an action without a plugin',
      `${HEAD}steps: [{ id: a, uses: upgrade }]\n`,
      'ship.yaml:3:24 SHIP_CONFIG_FORMAT steps[0].uses: "upgrade" is not an action | Such as `deploy` or `helm/upgrade`.',
    ],
  ])('When it is %s, then that is told', async (_name, text, expected) => {
    expect(await mistakes(text)).toEqual([expected]);
  });

  test('When approval stands at the top, then it is not passed over', async () => {
    const [only] = await mistakes(`${HEAD}approval: required\n`);
    expect(only).toContain(
      'ship.yaml:3:1 SHIP_CONFIG_UNKNOWN_KEY approval is not a known key | Did you mean `environments.<name>.approval`?',
    );
  });

  test('When there are several mistakes, then all are told in their order', async () => {
    const text = `${HEAD}lane: fast\nsteps:\n  - { id: a, run: x, timeout: 10 }\n  - { id: A, needs: [b], run: x }\n`;
    const found = await mistakes(text);
    expect(found.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'ship.yaml:3:7 SHIP_CONFIG_VALUE',
      'ship.yaml:5:31 SHIP_CONFIG_DURATION',
      'ship.yaml:6:11 SHIP_CONFIG_SAME_NAME',
      'ship.yaml:6:22 SHIP_CONFIG_UNKNOWN_REFERENCE',
    ]);
  });
});
