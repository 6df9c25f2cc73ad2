import { dirname, posix } from 'node:path';
import fc, { type GeneratorValue } from 'fast-check';
import {
  addressOf,
  folderOf,
  type Given,
  IGNORED,
  localAddress,
  type Module,
  type Provisioner,
  type Reader,
  type Repeat,
  type Resource,
  type Start,
  type Value,
  type Variable,
  type Version,
} from './random-render.js';

/** Draws all that is left to chance, as fast-check remembers it. */
export class Draw {
  constructor(private readonly gen: GeneratorValue) {}

  number(from: number, to: number): number {
    return this.gen(between, from, to);
  }

  pick<T>(all: readonly T[]): T {
    return all[this.number(0, all.length - 1)]!;
  }

  /** True in so many of a hundred. */
  chance(percent: number): boolean {
    return this.number(1, 100) <= percent;
  }

  /** Some of them, at least one where there is one. */
  some<T>(all: readonly T[]): T[] {
    const drawn = all.filter(() => this.chance(40));
    return drawn.length === 0 ? all.slice(0, 1) : drawn;
  }
}

/** Small numbers must not come more often than others. */
const between = (from: number, to: number) => fc.noBias(fc.integer({ min: from, max: to }));

const ROOTS = ['infra', 'infra', 'deploy/prod', 'deploy/my stack', 'infra-é'];
const WORDS = [
  'one',
  'zwei',
  'trois é',
  '',
  'a "b" \\c',
  'two\nlines',
  '${not} %{if}',
  'x = [1, 2]',
  '  spaces  ',
  '<&>',
  '007',
  'null',
  'true',
];
export const KEYS = ['a', 'b', 'x]y', 'say "hi"', 'a/b/c', 'with space', 'é', '0', 'a.b', '${k}', '["q"]', 'back\\slash'];
const DIGITS = [
  '0',
  '7',
  '-12',
  '1.5',
  '9007199254740993',
  '1234567890123456789',
  '0.1234567890123456789',
  '1e21',
  '-1e-7',
  '100000000000000000000000',
];
const PLACES = [
  'abspath(path.module)',
  'path.module',
  'path.root',
  'abspath(".")',
  'abspath("${path.module}/..")',
  'basename(abspath(path.root))',
  'path.cwd',
  'terraform.workspace',
];
const SECRETS = ['db_password', 'api_token'];
export const NAMES = ['size', 'zone', 'owner', 'limits', ...SECRETS];

/** Everything that a version is made of, and how one becomes another. */
export class Maker {
  #next = 1;

  constructor(private readonly draw: Draw) {}

  id(): number {
    return this.#next++;
  }

  /** A first version. */
  first(): Version {
    const { draw } = this;
    const inside = draw.chance(15) ? 'svc' : '';
    const withFiles = draw.chance(33);
    const version: Version = {
      inside,
      root: posix.join(inside, draw.pick(ROOTS)),
      git: draw.chance(50),
      modules: [],
      resources: [],
      variables: draw.chance(75) ? draw.some(NAMES).map((name) => this.variable(name)) : [],
      locals: {},
      outputs: [],
      traces: [],
      files: {},
      targets: [],
      stateless: withFiles && draw.chance(70),
    };
    const { root } = version;
    for (const path of this.#filePaths(version, root)) if (draw.chance(60)) version.files[path] = this.content(path);
    for (let count = draw.number(0, 2); count > 0; count--) {
      this.addResource(version, 0, withFiles);
      this.addModule(version);
    }
    for (let count = draw.number(2, 4); count > 0; count--) this.addResource(version, this.someModule(version), withFiles);
    for (let count = draw.number(0, 2); count > 0; count--) version.locals[`l${count}`] = this.simple(version, 0);
    for (let count = draw.number(0, 3); count > 0; count--) this.addOutput(version);
    if (draw.chance(10))
      version.traces.push({ module: 0, from: 'terraform_data.before', to: localAddressOfSome(version) ?? 'terraform_data.r' });
    if (draw.chance(15)) version.reader = { words: ['app'], relative: draw.chance(50) };
    else if (draw.chance(8)) Object.assign(version, { workspace: 'blue' });
    heal(version);
    if (draw.chance(5)) version.targets = draw.some(this.targets(version));
    return version;
  }

  #filePaths({ inside }: Version, folder: string): string[] {
    const shared = posix.join(this.draw.chance(50) ? inside : '', 'shared');
    return [
      posix.join(folder, 'files/a.txt'),
      posix.join(folder, 'files/page.tftpl'),
      posix.join(folder, 'conf.d/10-one'),
      posix.join(folder, 'conf.d/20-two.conf'),
      posix.join(folder, IGNORED.folder, 'built.txt'),
      posix.join(shared, 'b.txt'),
      posix.join(shared, 'page.tftpl'),
      posix.join(shared, 'conf.d/30-three'),
      posix.join(shared, `own${IGNORED.ending}`),
    ];
  }

  content(path: string): string {
    const word = `${this.draw.pick(WORDS)} ${this.draw.number(1, 9)}`;
    return path.endsWith('.tftpl') ? `hello \${name}, ${word.replaceAll('${', () => '$${').replaceAll('%{', () => '%%{')}` : word;
  }

  given(): Given {
    const { draw } = this;
    const kind = draw.number(1, 3);
    const text = draw.pick([...WORDS, 'swordfish-1', 'swordfish-2']);
    const digits = draw.pick(DIGITS);
    return kind === 1 ? { text } : kind === 2 ? { digits } : { text, digits, list: draw.some(WORDS) };
  }

  variable(name: string): Variable {
    const { draw } = this;
    const sensitive = name === SECRETS[0] || draw.chance(10);
    const drawn = draw.pick(['default', 'vars', 'var_files', 'tfvars', 'auto', 'auto_json', 'env', 'override'] as const);
    // Ship refuses secrets in its config.
    const source = drawn === 'vars' && SECRETS.includes(name) ? 'env' : drawn;
    return { name, value: this.fit(this.given(), source), source, sensitive };
  }

  /** In ship.yaml `${…}` means a variable of the environment, and only a text is a value there: others say so by quotes. */
  fit(value: Given, source: Variable['source']): Given {
    if (source !== 'vars') return value;
    const harmless = (text: string) => text.replaceAll('${', '<');
    if ('list' in value) return { ...value, text: harmless(value.text), list: value.list.map(harmless) };
    return 'text' in value ? { text: harmless(value.text) } : value;
  }

  /** A value without resources in it. */
  simple(version: Version, module: number): Value {
    const { draw } = this;
    const kind = draw.number(1, 10);
    const files = Object.keys(version.files);
    if (kind <= 3 || files.length === 0) {
      const { variables } = version;
      if (kind <= 2 && variables.length > 0) return { is: 'variable', name: draw.pick(variables).name };
      return { is: 'text', text: `${draw.pick(WORDS)} ${draw.number(1, 9)}` };
    }
    if (kind <= 7) return this.file(version, draw.pick(files));
    if (kind === 8) return { is: 'place', expression: draw.pick(PLACES) };
    const folders = [...new Set(files.filter((path) => path.includes('conf.d/')).map((path) => dirname(path)))];
    return folders.length === 0
      ? { is: 'variable', name: version.variables[0]?.name ?? `module ${module}` }
      : { is: 'folder', path: draw.pick(folders), whole: draw.chance(50) };
  }

  file({ root }: Version, path: string): Value {
    const { draw } = this;
    const from: Start = draw.pick(['module', 'module', 'module', 'root', 'here', 'abspath', 'project', 'computed']);
    const read: Reader = path.endsWith('.tftpl') ? 'templatefile' : draw.pick(['file', 'file', 'filesha256', 'filebase64', 'maybe']);
    // One that is not there yet may come.
    const wanted = read === 'maybe' && draw.chance(40) ? posix.join(root, 'files/later.txt') : path;
    return { is: 'file', path: wanted, read, from };
  }

  value(version: Version, id: number, module: number, depth = 0): Value {
    const { draw } = this;
    const kind = draw.number(1, 10);
    const others = version.resources.filter((each) => each.id < id && each.module === module);
    const calls = version.modules.filter((each) => each.id < id && each.parent === module);
    if (kind <= 2 && others.length > 0) return { is: 'resource', id: draw.pick(others).id };
    if (kind === 3 && calls.length > 0) return { is: 'module', id: draw.pick(calls).id };
    if (kind === 4 && module === 0 && Object.keys(version.locals).length > 0)
      return { is: 'local', name: draw.pick(Object.keys(version.locals)) };
    if (kind <= 6 && depth < 2) {
      const parts = Array.from({ length: draw.number(1, 3) }, () => this.value(version, id, module, depth + 1));
      return { is: draw.pick(['json', 'object'] as const), parts };
    }
    return this.simple(version, module);
  }

  repeat(version: Version, withFiles: boolean): Repeat {
    const { draw } = this;
    const kind = draw.number(1, 10);
    if (kind <= 6) return { is: 'once' };
    if (kind <= 8) return { is: 'count', count: draw.number(0, 3) };
    const folder = Object.keys(version.files).find((path) => path.includes('conf.d/'));
    if (kind === 9 && folder !== undefined && !withFiles) return { is: 'files', path: dirname(folder) };
    return { is: 'keys', keys: draw.some(KEYS) };
  }

  someModule(version: Version): number {
    return this.draw.pick([0, 0, ...version.modules.map(({ id }) => id)]);
  }

  addModule(version: Version): Module {
    const { draw } = this;
    const id = this.id();
    const parent = this.someModule(version);
    const name = `m${id}`;
    const beside = [
      posix.join(folderOf(version, parent), 'modules', name),
      posix.join(version.inside, 'modules', name),
      posix.join(dirname(version.root), `lib-${name}`),
      posix.join('lib', name),
    ];
    const repeat: Repeat = draw.chance(75)
      ? { is: 'once' }
      : draw.chance(50)
        ? { is: 'count', count: draw.number(1, 2) }
        : { is: 'keys', keys: draw.some(KEYS) };
    const module: Module = {
      id,
      name,
      folder: draw.pick(beside),
      parent,
      given: { is: 'text', text: 'given' },
      repeat,
      json: draw.chance(15),
    };
    version.modules.push(module);
    module.given = this.value(version, id, parent);
    if (draw.chance(50)) version.files[posix.join(module.folder, 'files/a.txt')] = this.content('a.txt');
    if (draw.chance(30)) version.files[posix.join(module.folder, 'conf.d/10-one')] = this.content('10-one');
    if (draw.chance(30)) version.files[posix.join(module.folder, IGNORED.folder, 'built.txt')] = this.content('built.txt');
    this.addResource(version, id, false);
    return module;
  }

  addResource(version: Version, module: number, withFiles: boolean): Resource {
    const { draw } = this;
    const id = this.id();
    const isFile = withFiles && draw.chance(60) && !isRepeated(version, module) && version.modules.every(({ twin }) => twin === undefined);
    const resource: Resource = {
      id,
      type: isFile ? 'files_file' : 'terraform_data',
      name: `r${id}`,
      module,
      value: this.value(version, id, module),
      repeat: this.repeat(version, isFile),
      createsFirst: draw.chance(12),
      prevents: draw.chance(3),
      ignores: draw.chance(8),
      dependsOn: draw.chance(20) ? version.resources.filter((each) => each.module === module).map((each) => each.id) : [],
      replacedWith: draw.chance(6)
        ? version.resources.filter((each) => each.module === module && each.repeat.is === 'once').map((each) => each.id)
        : [],
      provisioners: !isFile && draw.chance(12) ? this.provisioners() : [],
      json: draw.chance(15),
      path: `file-${id}`,
    };
    if (!isFile && draw.chance(20)) resource.triggers = this.value(version, id, module);
    if (draw.chance(8)) resource.override = this.value(version, id, module);
    version.resources.push(resource);
    return resource;
  }

  provisioners(): Provisioner[] {
    const { draw } = this;
    const does = draw.pick(['notes', 'keeps'] as const);
    const of = (atDestroy: boolean): Provisioner => ({
      does,
      atDestroy,
      word: `${atDestroy ? 'gone' : 'made'}-${draw.number(1, 9)}`,
      relative: draw.chance(30),
    });
    return draw.pick([[of(false)], [of(false), of(true)], [of(true)]]);
  }

  addOutput(version: Version): string {
    const { draw } = this;
    const name = `o${this.id()}`;
    version.outputs.push({ name, value: this.value(version, Number.MAX_SAFE_INTEGER, 0), sensitive: draw.chance(20) });
    return name;
  }

  targets(version: Version): string[] {
    return [
      ...version.resources.map((each) => addressOf(version, each)),
      ...version.modules.filter(({ parent }) => parent === 0).map(({ name }) => `module.${name}`),
    ];
  }
}

const localAddressOfSome = ({ resources }: Version): string | undefined => {
  const found = resources.find(({ module, type }) => module === 0 && type === 'terraform_data');
  return found && localAddress(found);
};

export function isRepeated({ modules }: Version, module: number): boolean {
  const found = modules.find(({ id }) => id === module);
  return found !== undefined && (found.repeat.is !== 'once' || isRepeated({ modules } as Version, found.parent));
}

/** Replaces what names something that is not there. */
export function heal(version: Version): void {
  const { resources, modules, variables, locals, files, outputs } = version;
  const isThere = (value: Value, id: number, module: number): boolean => {
    switch (value.is) {
      case 'resource':
        return resources.some((each) => each.id === value.id && each.id < id && each.module === module);
      case 'module':
        return modules.some((each) => each.id === value.id && each.id < id && each.parent === module);
      case 'variable':
        return module !== 0 || variables.some(({ name }) => name === value.name);
      case 'local':
        return module === 0 && value.name in locals;
      case 'file':
        return value.read === 'maybe' || value.path in files;
      case 'folder':
        return Object.keys(files).some((path) => path.startsWith(`${value.path}/`));
      default:
        return true;
    }
  };
  const healed = (value: Value, id: number, module: number): Value => {
    if (value.is === 'json' || value.is === 'object') return { ...value, parts: value.parts.map((part) => healed(part, id, module)) };
    return isThere(value, id, module) ? value : { is: 'text', text: 'nothing' };
  };
  for (const resource of resources) {
    const { id, module, repeat } = resource;
    resource.value = healed(resource.value, id, module);
    if (resource.triggers !== undefined) resource.triggers = healed(resource.triggers, id, module);
    if (resource.override !== undefined) resource.override = healed(resource.override, id, module);
    for (const list of ['dependsOn', 'replacedWith'] as const)
      resource[list] = resource[list].filter((each) => isThere({ is: 'resource', id: each }, id, module));
    if (repeat.is === 'files' && !isThere({ is: 'folder', path: repeat.path, whole: false }, id, module)) resource.repeat = { is: 'once' };
  }
  for (const module of modules) module.given = healed(module.given, module.id, module.parent);
  for (const [name, value] of Object.entries(locals))
    locals[name] = value.is === 'local' ? { is: 'text', text: 'nothing' } : healed(value, 0, 0);
  for (const output of outputs) output.value = healed(output.value, Number.MAX_SAFE_INTEGER, 0);
}
