import { describe, expect, test } from 'vitest';
import { HEAD, load, mistakes } from './helper.js';

const ONE_EACH = 'Give each a name of its own.';
const NAME_HINT = 'A name has 1 to 63 letters, digits, `.`, `_` or `-`, and starts with a letter or a digit.';
const STEP_HINT = 'A step has either `run: command` or `uses: plugin/action` with its input in `with:`.';
const components = (body: string) => `${HEAD}components:\n${body}`;
const steps = (body: string) => `${HEAD}steps:\n${body}`;

describe('Given parts that do not fit together', () => {
  test.each([
    [
      'components that wait for each other',
      components(
        '  a: { driver: x, version: v1, depends_on: [b] }\n  b: { driver: x, version: v1, depends_on: [c] }\n  c: { driver: x, version: v1, depends_on: [a] }\n',
      ),
      [
        'ship.yaml:4:44 SHIP_CONFIG_CYCLE components.a.depends_on: these wait for each other: a -> b -> c -> a | Take one of the arrows out.',
      ],
    ],
    [
      'a component that waits for itself',
      components('  a: { driver: x, version: v1, depends_on: [a] }\n'),
      ['ship.yaml:4:44 SHIP_CONFIG_CYCLE components.a.depends_on: these wait for each other: a -> a | Take one of the arrows out.'],
    ],
    [
      'steps that wait for each other',
      steps('  - { id: a, run: x, needs: [b] }\n  - { id: b, run: x, needs: [a] }\n'),
      ['ship.yaml:4:29 SHIP_CONFIG_CYCLE steps[0].needs: these wait for each other: a -> b -> a | Take one of the arrows out.'],
    ],
    [
      'a step that waits for one below it, which waits for the one above it',
      steps('  - { id: a, run: x, needs: [b] }\n  - { id: b, run: x }\n'),
      [
        'ship.yaml:4:29 SHIP_CONFIG_CYCLE steps[0].needs: these wait for each other: a -> b -> a | Take one of the arrows out. A step without `needs` waits for the one above it; `needs: []` waits for nothing.',
      ],
    ],
    [
      'an unknown dependency',
      components('  api: { driver: x, version: v1 }\n  worker: { driver: x, version: v1, depends_on: [ap] }\n'),
      [
        'ship.yaml:5:50 SHIP_CONFIG_UNKNOWN_REFERENCE components.worker.depends_on[0]: there is no component "ap" | Did you mean `api`? Known: `api`, `worker`.',
      ],
    ],
    [
      'an unknown step',
      steps('  - { id: migrate, run: x }\n  - { id: b, run: x, needs: [migrat] }\n'),
      [
        'ship.yaml:5:30 SHIP_CONFIG_UNKNOWN_REFERENCE steps[1].needs[0]: there is no step "migrat" | Did you mean `migrate`? Known: `migrate`, `b`.',
      ],
    ],
    [
      'an unknown component of a step',
      `${components('  worker: { driver: x, version: v1 }\n')}steps: [{ id: a, uses: deploy, component: workr }]\n`,
      [
        'ship.yaml:5:43 SHIP_CONFIG_UNKNOWN_REFERENCE steps[0].component: there is no component "workr" | Did you mean `worker`? Known: `worker`.',
      ],
    ],
    [
      'a step id twice',
      steps('  - { id: a, run: x }\n  - { id: a, run: x }\n'),
      [`ship.yaml:5:11 SHIP_CONFIG_SAME_NAME steps[1].id: "a" is already the name of steps[0].id | ${ONE_EACH}`],
    ],
    [
      'a step id in another case',
      steps('  - { id: a, run: x }\n  - { id: A, run: x }\n'),
      [`ship.yaml:5:11 SHIP_CONFIG_SAME_NAME steps[1].id: "A" differs from "a" in case alone | ${ONE_EACH}`],
    ],
    [
      'a component in another case',
      components('  api: { driver: x, version: v1 }\n  API: { driver: x, version: v1 }\n'),
      [`ship.yaml:5:3 SHIP_CONFIG_SAME_NAME components.API: "API" differs from "api" in case alone | ${ONE_EACH}`],
    ],
    [
      'an unknown default environment',
      `${HEAD}environments: { staging: {}, production: {} }\ndefault_environment: prodution\n`,
      [
        'ship.yaml:4:22 SHIP_CONFIG_UNKNOWN_REFERENCE default_environment: there is no environment "prodution" | Did you mean `production`? Known: `staging`, `production`.',
      ],
    ],
    [
      'a step that does nothing',
      steps('  - { id: a }\n'),
      [`ship.yaml:4:5 SHIP_CONFIG_STEP steps[0]: the step has neither \`run\` nor \`uses\` | ${STEP_HINT}`],
    ],
    [
      'run beside another action',
      steps('  - { id: a, uses: helm/upgrade, run: x }\n'),
      [`ship.yaml:4:34 SHIP_CONFIG_STEP steps[0].run: \`run\` and \`uses\` stand in one step: each is an action of its own | ${STEP_HINT}`],
    ],
    [
      'deploy without a component',
      steps('  - { id: a, uses: deploy }\n'),
      [`ship.yaml:4:5 SHIP_CONFIG_STEP steps[0]: \`uses: deploy\` needs the \`component\` to deploy | ${STEP_HINT}`],
    ],
    [
      'a byte that no command can have',
      steps('  - { id: a, run: "echo \\0" }\n'),
      [`ship.yaml:4:14 SHIP_CONFIG_STEP steps[0].run: \`run\` has a NUL byte in it | ${STEP_HINT}`],
    ],
    [
      'two steps without a name, and one that needs what may be their names',
      steps('  - { run: x }\n  - { run: y, needs: [x] }\n'),
      [
        'ship.yaml:4:5 SHIP_CONFIG_MISSING_KEY steps[0]: the key `id` is missing | Give the step a name, such as `id: build`.',
        'ship.yaml:5:5 SHIP_CONFIG_MISSING_KEY steps[1]: the key `id` is missing | Give the step a name, such as `id: build`.',
      ],
    ],
    [
      'a component without a driver',
      components('  api: { version: v1 }\n'),
      [
        'ship.yaml:4:3 SHIP_CONFIG_MISSING_KEY components.api: the key `driver` is missing | Say how it is deployed, such as `driver: helm`.',
      ],
    ],
    [
      'a check without a kind',
      `${HEAD}verify: { smoke: [{ name: up }] }\n`,
      [
        'ship.yaml:3:19 SHIP_CONFIG_CHECK verify.smoke[0]: the check has no kind | A check has one kind and its argument, such as `http: https://shop.example/healthz` or `run: npm test`.',
      ],
    ],
    [
      'a check of two kinds',
      `${HEAD}verify: { smoke: [{ http: a, run: b }] }\n`,
      [
        'ship.yaml:3:19 SHIP_CONFIG_CHECK verify.smoke[0]: the check has more than one kind: `http` and `run` | A check has one kind and its argument, such as `http: https://shop.example/healthz` or `run: npm test`.',
      ],
    ],
    [
      'a pattern that is none',
      `${HEAD}verify: { smoke: [{ http: a, expect: { body: { matches: "(a+" } } }] }\n`,
      [
        'ship.yaml:3:57 SHIP_CONFIG_PATTERN verify.smoke[0].expect.body.matches: the pattern "(a+" is not a regular expression: Unterminated group | Write a regular expression as JavaScript has them, such as `^ok` or `"status":\\s*"up"`.',
      ],
    ],
    [
      'a pattern that is too long',
      `${HEAD}verify: { smoke: [{ http: a, expect: { body: { matches: "${'a'.repeat(1001)}" } } }] }\n`,
      [expect.stringMatching(/^ship\.yaml:3:57 SHIP_CONFIG_PATTERN .* is longer than 1000 characters/)],
    ],
    [
      'a plugin that is none',
      `${HEAD}plugins: ["--eval=x"]\n`,
      [
        'ship.yaml:3:11 SHIP_CONFIG_PLUGIN plugins[0]: "--eval=x" does not name a plugin | Write `name`, `{ name: { option: value } }`, `{ name: false }` or `./path/of/a/plugin.mjs`.',
      ],
    ],
    [
      'a plugin twice',
      `${HEAD}plugins: [helm, { helm: false }]\n`,
      [`ship.yaml:3:17 SHIP_CONFIG_SAME_NAME plugins[1]: "helm" is already the name of plugins[0] | ${ONE_EACH}`],
    ],
  ])('When it has %s, then that is told', async (_name, text, expected) => {
    expect(await mistakes(text)).toEqual(expected);
  });
});

describe('Given an evil name', () => {
  test.each([
    ['--post-renderer=x', 'starts with `-`: a tool would take it for an option'],
    ['a;rm -rf', 'has `;` in it'],
    ['a b', 'has a space in it'],
    ['a\nb', 'has a line break in it'],
    ['a\0b', 'has a NUL byte in it'],
    ['../up', 'has `/` in it'],
    ['.hidden', 'starts with `.`'],
    ['ｓhop', 'has the character U+FF53 in it'],
    ['', 'is empty'],
    ['x'.repeat(64), 'is 64 characters long'],
  ])('When a step is named %j, then it is refused', async (name, reason) => {
    const shown = name.length > 60 ? `${name.slice(0, 57)}...` : name;
    expect(await mistakes(steps(`  - id: ${JSON.stringify(name)}\n    run: x\n`))).toEqual([
      `ship.yaml:4:9 SHIP_CONFIG_NAME steps[0].id: the name ${JSON.stringify(shown)} ${reason} | ${NAME_HINT}`,
    ]);
  });

  test.each(['components', 'environments'])('When a name in %s is evil, then it is refused', async (section) => {
    const [first] = await mistakes(`${HEAD}${section}:\n  "--post-renderer=x": { driver: helm, version: v1 }\n`);
    expect(first).toBe(
      `ship.yaml:4:3 SHIP_CONFIG_NAME ${section}."--post-renderer=x": the name "--post-renderer=x" starts with \`-\`: a tool would take it for an option | ${NAME_HINT}`,
    );
  });

  test('When a variable makes a version evil, then it is refused and not shown', async () => {
    const text = components('  api: { driver: helm, version: "${VERSION}" }\n');
    const [only] = await mistakes(text, { env: { VERSION: '--post-renderer=evil' } });
    expect(only).toContain('ship.yaml:4:33 SHIP_CONFIG_FORMAT components.api.version: "${VERSION}" is not a version | ');
    expect(only).not.toContain('evil');
    expect((await load(text, { env: { VERSION: 'v1.2' } })).config.components.api!.version).toBe('v1.2');
  });
});
