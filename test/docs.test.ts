import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FAILURE_TYPES, isShipError, type ShipError, SUITES, TRIGGERS } from '@ship/core';
import { EXIT_CODES, emptyReport } from '@ship/core/kernel';
import { expect, it } from 'vitest';
import { DEFAULTS } from '../packages/cli/src/plugin-modules.js';
import { HOOK_KINDS } from '../packages/core/src/hooks.js';
import { ROOT, ship, temporaryFolder } from './support/ship.js';

/** A fenced code block of a page. */
interface Block {
  readonly page: string;
  readonly language: string;
  readonly code: string;
}

const text = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const names = (folder: string) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`);
const FENCE = /^(?<indent> *)```(?<language>\w*)\n(?<code>.*?)^\k<indent>```$/gms;

const PAGES = [
  'README.md',
  ...names('docs').filter((name) => name.endsWith('.md')),
  ...[...names('plugins'), ...names('packages'), ...names('examples')].map((folder) => `${folder}/README.md`),
].filter((page) => existsSync(join(ROOT, page)));

const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...text(page).matchAll(FENCE)].map(({ groups }) => ({ page, language: groups!.language!, code: groups!.code! })),
);

/** All catalogues of the sources, whichever packages and plugins there are. */
async function catalogues(): Promise<Map<string, number>> {
  const folders = [...names('packages'), ...names('plugins')].map((folder) => join(ROOT, folder, 'src')).filter((path) => existsSync(path));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /^(?:.*[-/])?(?:errors|catalogue)\.ts$/.test(name))
      .map((name) => join(folder, name)),
  );
  const exits = new Map<string, number>();
  for (const file of files.filter((path) => readFileSync(path, 'utf8').includes('SHIP_'))) {
    for (const exported of Object.values(await import(pathToFileURL(file).href)))
      for (const [code, made] of Object.entries(exported ?? {})) if (code.startsWith('SHIP_')) exits.set(code, exitOf(made));
  }
  return exits;
}

/** The exit status of a code, from its definition or from an error that it makes of details that are anything to anybody. */
function exitOf(made: unknown): number {
  if (typeof made !== 'function') return (made as { exit: number }).exit;
  const error: ShipError = made(anything);
  expect(isShipError(error)).toBe(true);
  return error.exitCode;
}

const anything: object = new Proxy(() => {}, {
  get: (_target, key) => (key === Symbol.toPrimitive ? () => 'x' : key === Symbol.iterator ? () => [][Symbol.iterator]() : anything),
  apply: () => anything,
});

/** The sections of docs/errors.md, by code. */
function sections(): Map<string, string> {
  const parts = text('docs/errors.md')
    .split(/^### (SHIP_[A-Z_]+)$/m)
    .slice(1);
  return new Map(parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1]!]] : [])));
}

it('given all catalogues, when they are compared with docs/errors.md, then each code has a section, and each section a code', async () => {
  const codes = [...(await catalogues()).keys()].sort();
  expect(codes.length).toBeGreaterThan(100);
  expect([...sections().keys()].sort()).toEqual(codes);
});

it('given a section of docs/errors.md, when it is read alone, then it says why, what to do, and the exit status of the code', async () => {
  const wrong = [];
  for (const [code, exit] of await catalogues()) {
    const section =
      sections()
        .get(code)
        ?.replace(/^## .*$/m, '')
        .trim() ?? '';
    const complete = /^[A-Z`]/.test(section) && section.includes('\n- Why: ') && section.includes('\n- What to do: ');
    if (!complete || !section.endsWith(`\n- Exit status: ${exit}`)) wrong.push(`${code} (${exit}): ${section.slice(-60)}`);
  }
  expect(wrong).toEqual([]);
});

it('given a code, when it is explained, then its section is printed', async () => {
  const { code, stdout } = await ship(['explain', 'ship_lease_held'], { cwd: ROOT });
  expect(code).toBe(0);
  expect(stdout).toContain('Somebody else is changing this environment.');
});

it('given a relative link in a page, when it is followed, then the file and the heading are there', () => {
  const dead = PAGES.flatMap((page) =>
    [
      ...text(page)
        .replace(FENCE, '')
        .matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g),
    ].flatMap(([, target]) => {
      const [path = '', anchor] = target!.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file))) return [`${page}: ${target}`];
      return anchor === undefined || anchors(file).includes(anchor) ? [] : [`${page}: ${target}`];
    }),
  );
  expect(dead).toEqual([]);
});

/** The anchors of a page, as GitHub makes them of its headings. */
function anchors(page: string): string[] {
  const headings = [
    ...text(page)
      .replace(FENCE, '')
      .matchAll(/^#{1,6} (.+)$/gm),
  ].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it('given the exit statuses, when they are told in a page, then they are those of the kernel', () => {
  const page = text('docs/failure-and-decision.md');
  const told = page.match(/They follow the `status` of the \[report\]\(report\.md\): (.+?)\. /)?.[1] ?? '';
  const pairs = [...told.matchAll(/`(\w+)` (\d+)/g)].map(([, status, exit]) => [status, Number(exit)]);
  expect(Object.fromEntries(pairs)).toEqual(EXIT_CODES);
  const table = [...page.matchAll(/^\| (\d+) +\| /gm)].map(([, exit]) => Number(exit));
  expect(table).toEqual([0, 1, 2, 3, 4, 5, 6, 130]);
  expect(Object.values(EXIT_CODES).every((exit) => table.includes(exit))).toBe(true);
});

it('given the README, when it names exit statuses and shows the config of the quickstart, then they are the real ones', () => {
  const page = text('README.md');
  const told = [...(page.match(/Exit statuses: (.+?)\.$/m)?.[1] ?? '').matchAll(/(?:^|, )(\d+) /g)].map(([, exit]) => Number(exit));
  expect(told).toEqual([0, 1, 2, 3, 4, 5, 6, 130]);
  expect(page).toContain(text('examples/quickstart/ship.yaml').replace(/^(?:#.*\n)+/, ''));
});

it('given what the code declares, when the page about it is read, then nothing is left out', () => {
  const schema = JSON.parse(text('schemas/config.schema.json'));
  const keys = (definition: { properties: object }) => Object.keys(definition.properties).filter((key) => key !== '$schema');
  const { rollback, environment, component, step, check, retry } = schema.definitions;
  const declared: Record<string, readonly string[]> = {
    'docs/config.md': [...keys(schema), ...keys(rollback), ...keys(environment)],
    'docs/steps.md': [...keys(step), ...keys(retry)],
    'docs/components.md': keys(component),
    'docs/verification.md': [...keys(check), ...SUITES],
    'docs/failure-and-decision.md': [...TRIGGERS, ...FAILURE_TYPES],
    'docs/plugins.md': Object.keys(HOOK_KINDS),
    'docs/report.md': Object.keys(emptyReport('', new Date())),
  };
  const missing = Object.entries(declared).flatMap(([page, words]) =>
    words.filter((word) => !new RegExp(`[\`.]${word}[\`:]`).test(text(page))).map((word) => `${page}: ${word}`),
  );
  expect(missing).toEqual([]);
  const table = text('docs/plugins.md').replaceAll(/ +/g, ' ');
  const always = DEFAULTS.map((name) => `\`${name}\``).join(', ');
  for (const page of ['docs/config.md', 'docs/plugins.md']) expect(text(page).replaceAll(' and ', ', ')).toContain(always);
  for (const [hook, kind] of Object.entries(HOOK_KINDS)) expect(table).toContain(`| \`${hook}\` | ${kind} |`);
});

it('given a command of ship in a page, when it is looked up, then the command has it', async () => {
  const { stdout } = await ship(['--help'], { cwd: temporaryFolder() });
  const flags = new Set([...stdout.matchAll(/--[a-z-]+/g)].map(([flag]) => flag));
  const told = BLOCKS.filter(({ language }) => language !== 'js').flatMap(({ page, code }) =>
    [...code.matchAll(/(?:^|\$ |npx |&& )(?:[A-Z_]+=\S+ )*ship( .*)?$/gm)].flatMap(([line]) =>
      [...line.matchAll(/ (--[a-z-]+)/g)].map(([, flag]) => `${page} ${flag}`),
    ),
  );
  expect(told.length).toBeGreaterThan(10);
  expect(told.filter((each) => !flags.has(each.split(' ')[1]!))).toEqual([]);
});

it('given a verb of ship in a page, when it is looked up, then the command has it', async () => {
  const { stdout } = await ship(['--help'], { cwd: temporaryFolder() });
  const told = BLOCKS.filter(({ language }) => language !== 'js' && language !== 'yaml').flatMap(({ page, code }) =>
    [...code.matchAll(/^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:npx )?ship ([a-z]+)\b/gm)].map(([, verb]) => `${page} ${verb}`),
  );
  expect(told.length).toBeGreaterThan(8);
  // Commands of plugins that are not always on.
  const known = (verb: string) => ['release', 'terraform'].includes(verb) || new RegExp(`^ +(?:ship )?${verb}\\b`, 'm').test(stdout);
  expect(told.filter((each) => !known(each.split(' ')[1]!))).toEqual([]);
});

it('given a config in a page, or a part of one, when it is validated, then it is valid', async () => {
  const configs = BLOCKS.filter(({ language }) => language === 'yaml').flatMap(({ page, code }) => {
    if (/^version: 1$/m.test(code)) return [{ page, code }];
    // A part of a config is a whole one with a head, and with what it takes for granted.
    if (page.startsWith('examples/') || !/^(?:components|steps|plugins|verify):/m.test(code)) return [];
    const plugins = code.includes('driver: release') && !code.includes('plugins:') ? 'plugins: [release]\n' : '';
    const isMissing = code.includes('uses: deploy, component: api') && !code.includes('components:');
    const api = 'plugins: [release]\ncomponents: { api: { driver: release, version: "1", path: app, run: node api.js } }\n';
    const component = isMissing ? (code.includes('plugins:') ? api.slice(api.indexOf('components')) : api) : '';
    return [
      {
        page,
        code: `version: 1\nproject: docs\n${plugins}${component}${isMissing ? code.replace(/^plugins:$/m, 'plugins:\n  - release') : code}`,
      },
    ];
  });
  expect(configs.length).toBeGreaterThan(20);
  const folder = temporaryFolder();
  const jobs = configs.map(({ page, code }, index) => async () => {
    const cwd = join(folder, String(index));
    mkdirSync(join(cwd, 'infra'), { recursive: true });
    for (const name of ['main.tf', 'production.tfvars']) writeFileSync(join(cwd, 'infra', name), '');
    writeFileSync(join(cwd, 'ship.yaml'), code);
    for (const script of modulesOf(page)) writeFileSync(join(cwd, script.name), script.code);
    const variables = [...code.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name!, '1'] as const);
    const { code: exit, stderr } = await ship(['validate'], { cwd, env: Object.fromEntries(variables) });
    return { page, exit, stderr };
  });
  const ended = (await twoAtATime(jobs)).filter(({ exit }) => exit !== 0);
  expect(ended).toEqual([]);
});

/** Plugins that a page brings: blocks whose first line is the name of a module. */
function modulesOf(page: string): { name: string; code: string }[] {
  return BLOCKS.filter((block) => block.page === page && block.language === 'js').flatMap(({ code }) => {
    const name = /^\/\/ (\w+\.mjs)/.exec(code)?.[1];
    return name === undefined ? [] : [{ name, code }];
  });
}

it('given a module in a page, when it is used as a plugin, then it loads', async () => {
  const modules = PAGES.flatMap((page) => modulesOf(page).map((module) => ({ page, ...module })));
  expect(modules.map(({ name }) => basename(name))).toEqual(expect.arrayContaining(['banner.mjs', 'motd.mjs']));
  const folder = temporaryFolder();
  for (const { page, name, code } of modules) {
    const cwd = join(folder, relative(folder, join(folder, name)).replace('.mjs', ''));
    mkdirSync(cwd);
    writeFileSync(join(cwd, name), code);
    writeFileSync(join(cwd, 'ship.yaml'), `version: 1\nproject: docs\nplugins: [./${name}]\n`);
    const { code: exit, stderr } = await ship(['plugins'], { cwd });
    expect({ page, exit, stderr }).toEqual({ page, exit: 0, stderr: '' });
  }
});

async function twoAtATime<T>(jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const waiting = [...jobs.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await next[1]();
  };
  await Promise.all([work(), work()]);
  return results;
}
