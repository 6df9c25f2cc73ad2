import { posix } from 'node:path';
import { stringify } from 'yaml';

/** Something that an argument is given. `text` is what the others become where they have lost what they named. */
export type Value =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'variable' | 'local' | 'output'; readonly name: string }
  | { readonly is: 'resource' | 'module'; readonly id: number }
  | { readonly is: 'file'; readonly path: string; readonly read: Reader; readonly from: Start }
  | { readonly is: 'folder'; readonly path: string; readonly whole: boolean }
  | { readonly is: 'place'; readonly expression: string }
  | { readonly is: 'json' | 'object'; readonly parts: readonly Value[] };

/** How a file is read. `maybe` takes it where it is there. */
export type Reader = 'file' | 'filesha256' | 'filebase64' | 'templatefile' | 'maybe';
/** How a path to it is written. `computed` hides its name from whoever does not run the configuration. */
export type Start = 'module' | 'root' | 'here' | 'abspath' | 'project' | 'computed';

export type Repeat =
  | { readonly is: 'once' }
  | { readonly is: 'count'; readonly count: number }
  | { readonly is: 'keys'; readonly keys: readonly string[] }
  | { readonly is: 'files'; readonly path: string };

/** A `local-exec`. One that `notes` adds a line to its file each time; one that `keeps` makes the file, and removes it at the destroy. */
export interface Provisioner {
  readonly does: 'notes' | 'keeps' | 'fails';
  readonly atDestroy: boolean;
  /** What it writes. */
  readonly word: string;
  /** It finds the file by a relative path. */
  readonly relative: boolean;
}

export interface Resource {
  /** The same through all versions, whatever it is called. It refers only to what has a smaller one, so that there are no circles. */
  readonly id: number;
  readonly type: 'terraform_data' | 'files_file';
  name: string;
  /** The id of its module; 0 is the root module. */
  module: number;
  value: Value;
  repeat: Repeat;
  triggers?: Value;
  createsFirst: boolean;
  prevents: boolean;
  ignores: boolean;
  dependsOn: number[];
  /** It is replaced when one of these is changed. */
  replacedWith: number[];
  provisioners: Provisioner[];
  /** What an override file says instead of `value`. */
  override?: Value;
  /** It stands in a file of its own, in Terraform's JSON. */
  json: boolean;
  /** Names the file of our provider. */
  path: string;
}

export interface Module {
  readonly id: number;
  name: string;
  /** Relative to the project. */
  folder: string;
  /** The id of the one that calls it. */
  readonly parent: number;
  /** What its one variable is given. */
  given: Value;
  repeat: Repeat;
  json: boolean;
  /** It is called a second time, by this name. */
  twin?: string;
}

/** A value of a variable, of which every way to give it has its own spelling. */
export type Given =
  | { readonly text: string }
  | { readonly digits: string }
  | { readonly text: string; readonly digits: string; readonly list: readonly string[] };

export interface Variable {
  readonly name: string;
  value: Given;
  source: 'default' | 'vars' | 'var_files' | 'tfvars' | 'auto' | 'auto_json' | 'env' | 'override';
  readonly sensitive: boolean;
}

export interface Output {
  readonly name: string;
  value: Value;
  sensitive: boolean;
}

/** A `moved` or a `removed` block; addresses are those of the module that it stands in. */
export interface Trace {
  readonly module: number;
  readonly from: string;
  /** Where it is moved to; without it, it is taken out of the state. */
  readonly to?: string;
}

/** All that a version of a project says. */
export interface Version {
  /** The folder of ship.yaml, relative to the project; empty for the project itself. */
  readonly inside: string;
  /** The folder of the root module, relative to the project. */
  readonly root: string;
  readonly workspace?: string;
  readonly git: boolean;
  /** A second stack reads the outputs of this one: what its resources say. */
  reader?: { words: string[]; readonly relative: boolean };
  modules: Module[];
  resources: Resource[];
  variables: Variable[];
  locals: Record<string, Value>;
  outputs: Output[];
  traces: Trace[];
  /** Files that are read, by their path in the project. */
  files: Record<string, string>;
  targets: string[];
  /** Does the config say that files of our provider hold nothing? */
  stateless: boolean;
}

/** The folder that git ignores, and an ending that it ignores. */
export const IGNORED = { folder: 'build', ending: '.local' };

export const folderOf = ({ root, modules }: Version, module: number): string =>
  module === 0 ? root : modules.find(({ id }) => id === module)!.folder;

/** `module.a.module.b.`, or nothing for the root module. */
export function prefixOf(version: Version, module: number): string {
  if (module === 0) return '';
  const { parent, name } = version.modules.find(({ id }) => id === module)!;
  return `${prefixOf(version, parent)}module.${name}.`;
}

export const localAddress = ({ type, name }: Resource): string => `${type}.${name}`;
export const addressOf = (version: Version, resource: Resource): string => prefixOf(version, resource.module) + localAddress(resource);

/** The options of the stack, as a step has them. */
export function optionsOf(version: Version): Record<string, unknown> {
  const { inside, root, workspace, variables, targets } = version;
  const vars = variables.filter(({ source }) => source === 'vars').map(({ name, value }) => [name, plain(value)]);
  return {
    dir: posix.relative(inside, root),
    ...(workspace === undefined ? {} : { workspace }),
    ...(vars.length === 0 ? {} : { vars: Object.fromEntries(vars) }),
    ...(variables.some(({ source }) => source === 'var_files') ? { var_files: [posix.relative(inside, varFile(version))] } : {}),
    ...(targets.length === 0 ? {} : { targets }),
  };
}

const varFile = ({ inside }: Version): string => posix.join(inside, 'values/given.tfvars');

/** What the environment gives. */
export const environmentOf = ({ variables }: Version): Record<string, string> =>
  Object.fromEntries(
    variables
      .filter(({ source }) => source === 'env')
      .map(({ name, value }) => [`TF_VAR_${name}`, 'list' in value ? hclGiven(value) : 'text' in value ? value.text : value.digits]),
  );

/** Applies a version with Terraform alone, with the same variables, in a shell in the project. */
export function byHand(version: Version, more: readonly string[] = []): string {
  const { root, workspace, variables } = version;
  const vars = variables.filter(({ source }) => source === 'vars').map(({ name, value }) => `-var=${name}=${handGiven(value)}`);
  const files = variables.some(({ source }) => source === 'var_files') ? [`-var-file=@PROJECT@/${varFile(version)}`] : [];
  const lines = [
    `cd ${quoted(root)}`,
    ...(workspace === undefined ? [] : [`export TF_WORKSPACE=${workspace}`]),
    'terraform init -input=false -no-color >&2',
    ['terraform apply -auto-approve -input=false -no-color', ...[...files, ...vars, ...more].map(quoted)].join(' '),
  ];
  return lines.join(' && ');
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const handGiven = (value: Given): string => ('list' in value ? hclGiven(value) : 'text' in value ? value.text : value.digits);

/** Every file of a version, by its path in the project. `@PROJECT@` and `@WORLD@` are filled in by the stage. */
export function filesOf(version: Version): Record<string, string> {
  const { modules, reader, git, files, inside } = version;
  return {
    ...files,
    ...(git ? { '.gitignore': `${IGNORED.folder}/\n*${IGNORED.ending}\n` } : {}),
    [posix.join(inside, 'ship.yaml')]: shipConfig(version),
    ...valueFiles(version),
    ...Object.fromEntries([0, ...modules.map(({ id }) => id)].flatMap((id) => Object.entries(moduleFiles(version, id)))),
    ...(reader === undefined ? {} : { [posix.join(readerFolder(version), 'main.tf')]: readerFile(version, reader) }),
  };
}

const readerFolder = ({ inside }: Version): string => posix.join(inside, 'reader');

function shipConfig(version: Version): string {
  const { stateless, reader } = version;
  return stringify({
    version: 1,
    project: 'shop',
    plugins: [stateless ? { terraform: { stateless: ['files_file'] } } : 'terraform'],
    steps: [
      { id: 'infra', uses: 'terraform/apply', with: optionsOf(version) },
      ...(reader === undefined ? [] : [{ id: 'reader', uses: 'terraform/apply', with: { dir: 'reader' } }]),
      { id: 'check', run: 'test ! -e broken', undo: 'true' },
    ],
    verify: { smoke: [{ run: 'true' }] },
  });
}

function valueFiles(version: Version): Record<string, string> {
  const { root, variables } = version;
  const of = (wanted: Variable['source']) => variables.filter(({ source }) => source === wanted);
  const hcl = (wanted: Variable['source'], path: string) => {
    const lines = of(wanted).map(({ name, value }) => `${name} = ${hclGiven(value)}\n`);
    return lines.length === 0 ? {} : { [path]: lines.join('') };
  };
  const json = of('auto_json').map(({ name, value }) => `${JSON.stringify(name)}: ${jsonGiven(value)}`);
  return {
    ...hcl('var_files', varFile(version)),
    ...hcl('tfvars', posix.join(root, 'terraform.tfvars')),
    ...hcl('auto', posix.join(root, 'some.auto.tfvars')),
    ...(json.length === 0 ? {} : { [posix.join(root, 'more.auto.tfvars.json')]: `{ ${json.join(', ')} }\n` }),
  };
}

/** A text of HCL, in which nothing is an expression. */
export const hclText = (text: string): string =>
  JSON.stringify(text)
    .replaceAll('${', () => '$${')
    .replaceAll('%{', () => '%%{');

function hclGiven(value: Given): string {
  if ('list' in value) return `{ t = ${hclText(value.text)}, n = ${value.digits}, l = [${value.list.map(hclText).join(', ')}] }`;
  return 'text' in value ? hclText(value.text) : value.digits;
}

function jsonGiven(value: Given): string {
  if ('list' in value) return `{ "t": ${JSON.stringify(value.text)}, "n": ${value.digits}, "l": ${JSON.stringify(value.list)} }`;
  return 'text' in value ? JSON.stringify(value.text) : value.digits;
}

/** As YAML has it: digits that it would read as another number stand in quotes. */
function plain(value: Given): unknown {
  const number = (digits: string) => (String(Number(digits)) === digits ? Number(digits) : digits);
  if ('list' in value) return { t: value.text, n: number(value.digits), l: value.list };
  return 'text' in value ? value.text : number(value.digits);
}

/** An argument: an expression, or something that both syntaxes have a spelling of their own for. */
type Argument = string | { readonly hcl: string; readonly json: unknown };
interface Body {
  readonly kind: readonly string[];
  readonly arguments: Readonly<Record<string, Argument | undefined>>;
  readonly blocks?: readonly Body[];
}

const literal = (value: unknown): Argument => ({ hcl: JSON.stringify(value), json: value });
const references = (names: readonly string[]): Argument => ({ hcl: `[${names.join(', ')}]`, json: names });

function toHcl({ kind: [type, ...labels], arguments: given, blocks = [] }: Body, indent = ''): string {
  const head = [type, ...labels.map((label) => JSON.stringify(label))].join(' ');
  const lines = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`${indent}  ${name} = ${typeof value === 'string' ? value : value.hcl}\n`],
  );
  return `${indent}${head} {\n${lines.join('')}${blocks.map((block) => toHcl(block, `${indent}  `)).join('')}${indent}}\n`;
}

function toJson({ kind, arguments: given, blocks = [] }: Body): object {
  const inner = (body: Body): object => {
    const {
      kind: [, ...labels],
    } = body;
    return labels.reduceRight<object>((below, label) => ({ [label]: below }), toJsonBody(body));
  };
  const toJsonBody = ({ arguments: all, blocks: below = [] }: Body): object => ({
    ...Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, typeof value === 'string' ? `\${${value}}` : value.json]],
      ),
    ),
    ...Object.fromEntries(
      [...new Set(below.map(({ kind: [type] }) => type))].map((type) => [type, below.filter((each) => each.kind[0] === type).map(inner)]),
    ),
  });
  return { [kind[0]!]: inner({ kind, arguments: given, blocks }) };
}

function moduleFiles(version: Version, module: number): Record<string, string> {
  const folder = folderOf(version, module);
  const at = (name: string) => posix.join(folder, name);
  const own = version.resources.filter((resource) => resource.module === module);
  const calls = version.modules
    .filter(({ parent }) => parent === module)
    .flatMap((call) => (call.twin === undefined ? [call] : [call, { ...call, name: call.twin }]));
  const bodies = [
    ...(module === 0 ? rootBodies(version) : [variableOfModule(version)]),
    ...calls.filter(({ json }) => !json).map((call) => callBody(version, call)),
    ...own.filter(({ json }) => !json).map((resource) => resourceBody(version, resource)),
    ...(module === 0 ? [] : [outputOfModule(version, module)]),
    ...version.traces.filter((trace) => trace.module === module).map(traceBody),
  ];
  const provider = own.some(({ type }) => type === 'files_file')
    ? 'terraform {\n  required_providers {\n    files = { source = "ship/files" }\n  }\n}\n'
    : '';
  const overrides = own.filter(({ override }) => override !== undefined).map((resource) => overrideBody(version, resource));
  const defaults = module === 0 ? version.variables.filter(({ source }) => source === 'override') : [];
  const overriding = [
    ...overrides.map((body) => toHcl(body)),
    ...defaults.map(({ name, value }) => `variable "${name}" {\n  default = ${hclGiven(value)}\n}\n`),
  ];
  return {
    [at('main.tf')]: provider + bodies.map((body) => toHcl(body)).join(''),
    ...(overriding.length === 0 ? {} : { [at('main_override.tf')]: overriding.join('') }),
    ...Object.fromEntries(calls.filter(({ json }) => json).map((call) => [at(`${call.name}.tf.json`), jsonFile(callBody(version, call))])),
    ...Object.fromEntries(
      own.filter(({ json }) => json).map((each) => [at(`${each.name}.tf.json`), jsonFile(resourceBody(version, each))]),
    ),
  };
}

const jsonFile = (body: Body): string => `${JSON.stringify(toJson(body), null, 2)}\n`;

function rootBodies(version: Version): Body[] {
  const { variables, locals, outputs } = version;
  return [
    ...variables.map(
      ({ name, value, source, sensitive }): Body => ({
        kind: ['variable', name],
        arguments: {
          type: 'list' in value ? 'any' : 'text' in value ? 'string' : 'number',
          default: source === 'default' ? hclGiven(value) : source === 'override' ? 'null' : undefined,
          sensitive: sensitive ? 'true' : undefined,
        },
      }),
    ),
    ...(Object.keys(locals).length === 0
      ? []
      : [
          {
            kind: ['locals'],
            arguments: Object.fromEntries(Object.entries(locals).map(([name, value]) => [name, expression(version, 0, value)])),
          },
        ]),
    ...outputs.map(
      ({ name, value, sensitive }): Body => ({
        kind: ['output', name],
        arguments: {
          value: expression(version, 0, value),
          sensitive: sensitive || hasSecrets(version) ? 'true' : undefined,
        },
      }),
    ),
  ];
}

/** Whatever is put out may be made of a secret: Terraform wants to be told. */
const hasSecrets = ({ variables }: Version): boolean => variables.some(({ sensitive }) => sensitive);

const variableOfModule = (_version: Version): Body => ({ kind: ['variable', 'given'], arguments: { type: 'any', default: '"none"' } });

function outputOfModule(version: Version, module: number): Body {
  const inner = [
    ...version.resources.filter((each) => each.module === module).map(({ id }): Value => ({ is: 'resource', id })),
    ...version.modules.filter(({ parent }) => parent === module).map(({ id }): Value => ({ is: 'module', id })),
  ];
  return {
    kind: ['output', 'made'],
    arguments: {
      value: `[${inner.map((value) => expression(version, module, value)).join(', ')}]`,
      sensitive: hasSecrets(version) ? 'true' : undefined,
    },
  };
}

function callBody(version: Version, { name, folder, parent, given, repeat }: Module): Body {
  const source = posix.relative(folderOf(version, parent), folder);
  return {
    kind: ['module', name],
    arguments: {
      source: literal(source.startsWith('.') ? source : `./${source}`),
      given: expression(version, parent, given),
      ...repeated(version, parent, repeat),
    },
  };
}

const repeated = (version: Version, module: number, repeat: Repeat): Record<string, Argument> => {
  if (repeat.is === 'count') return { count: literal(repeat.count) };
  if (repeat.is === 'keys') return { for_each: `toset([${repeat.keys.map(hclText).join(', ')}])` };
  return repeat.is === 'files' ? { for_each: `fileset(${pathTo(version, module, repeat.path, 'module')}, "*")` } : {};
};

function resourceBody(version: Version, resource: Resource): Body {
  const { type, name, module, value, repeat, triggers, createsFirst, prevents, ignores, dependsOn, replacedWith, provisioners } = resource;
  const argument = type === 'terraform_data' ? 'input' : 'content';
  const lifecycle = {
    create_before_destroy: createsFirst ? literal(true) : undefined,
    prevent_destroy: prevents ? literal(true) : undefined,
    ignore_changes: ignores ? references([argument]) : undefined,
    replace_triggered_by: replacedWith.length === 0 ? undefined : references(addressesIn(version, replacedWith)),
  };
  const others = addressesIn(version, dependsOn);
  return {
    kind: ['resource', type, name],
    arguments: {
      ...repeated(version, module, repeat),
      ...(type === 'files_file' ? { path: pathOfFile(resource) } : {}),
      [argument]: textOf(version, resource, value),
      triggers_replace: triggers === undefined ? undefined : expression(version, module, triggers),
      depends_on: others.length === 0 ? undefined : references(others),
    },
    blocks: [
      ...(Object.values(lifecycle).some((each) => each !== undefined) ? [{ kind: ['lifecycle'], arguments: lifecycle }] : []),
      ...provisioners.map(
        (each): Body => ({
          kind: ['provisioner', 'local-exec'],
          arguments: {
            when: each.atDestroy ? { hcl: 'destroy', json: 'destroy' } : undefined,
            command: literal(commandOf(version, resource, each)),
          },
        }),
      ),
    ],
  };
}

const addressesIn = ({ resources }: Version, ids: readonly number[]): string[] =>
  resources.filter(({ id }) => ids.includes(id)).map(localAddress);

/** A file of our provider holds a text. */
function textOf(version: Version, { type, module }: Resource, value: Value): string {
  const text = expression(version, module, value);
  return type === 'terraform_data' || value.is === 'text' ? text : `jsonencode(${text})`;
}

function pathOfFile({ path, repeat }: Resource): string {
  const more = { once: '', count: '-${count.index}', keys: '-${md5(each.key)}', files: '-${md5(each.key)}' }[repeat.is];
  return `"@WORLD@/${path}${more}"`;
}

/** The file that the provisioners of a resource write. */
export const noteOf = ({ id }: Pick<Resource, 'id'>): string => `by-${id}`;

function commandOf({ root }: Version, resource: Resource, { does, atDestroy, word, relative }: Provisioner): string {
  const file = relative ? posix.relative(root, `world/${noteOf(resource)}`) : `@WORLD@/${noteOf(resource)}`;
  if (does === 'fails') return 'exit 7';
  if (does === 'notes') return `echo ${word} >> ${file}`;
  return atDestroy ? `rm -f ${file}` : `echo ${word} > ${file}`;
}

const overrideBody = (version: Version, resource: Resource): Body => ({
  kind: ['resource', resource.type, resource.name],
  arguments: { [resource.type === 'terraform_data' ? 'input' : 'content']: textOf(version, resource, resource.override!) },
});

const traceBody = ({ from, to }: Trace): Body =>
  to === undefined
    ? { kind: ['removed'], arguments: { from }, blocks: [{ kind: ['lifecycle'], arguments: { destroy: 'false' } }] }
    : { kind: ['moved'], arguments: { from, to } };

/** A value as an expression of a module. */
export function expression(version: Version, module: number, value: Value): string {
  switch (value.is) {
    case 'text':
      return hclText(value.text);
    case 'variable':
      return module === 0 ? `var.${value.name}` : 'var.given';
    case 'local':
      return `local.${value.name}`;
    case 'output':
      return `try(data.terraform_remote_state.infra.outputs.${value.name}, "none")`;
    case 'resource':
      return ofResource(version.resources.find(({ id }) => id === value.id)!);
    case 'module':
      return ofModule(version.modules.find(({ id }) => id === value.id)!);
    case 'place':
      return value.expression;
    case 'json':
    case 'object': {
      const parts = value.parts.map((part, index) => `k${index} = ${expression(version, module, part)}`).join(', ');
      return value.is === 'json' ? `jsonencode({ ${parts} })` : `{ ${parts} }`;
    }
    case 'folder': {
      const path = pathTo(version, module, value.path, 'module');
      return value.whole ? `{ for f in fileset(${path}, "**") : f => file("\${${path}}/\${f}") }` : `sort(fileset(${path}, "**"))`;
    }
    case 'file': {
      const path = pathTo(version, module, value.path, value.from);
      if (value.read === 'maybe') return `fileexists(${path}) ? file(${path}) : "none"`;
      return value.read === 'templatefile' ? `templatefile(${path}, { name = "shop" })` : `${value.read}(${path})`;
    }
  }
}

function ofResource({ type, name, repeat }: Resource): string {
  const attribute = type === 'terraform_data' ? 'output' : 'content';
  if (repeat.is === 'once') return `${type}.${name}.${attribute}`;
  return repeat.is === 'count' ? `${type}.${name}[*].${attribute}` : `{ for k, one in ${type}.${name} : k => one.${attribute} }`;
}

function ofModule({ name, repeat }: Module): string {
  if (repeat.is === 'once') return `module.${name}.made`;
  return repeat.is === 'count' ? `module.${name}[*].made` : `{ for k, one in module.${name} : k => one.made }`;
}

function pathTo(version: Version, module: number, path: string, from: Start): string {
  const beside = posix.relative(folderOf(version, module), path);
  const { dir, name, ext } = posix.parse(beside);
  switch (from) {
    case 'module':
      return `"\${path.module}/${beside}"`;
    case 'root':
      return `"\${path.root}/${posix.relative(version.root, path)}"`;
    case 'here':
      return `"${posix.relative(version.root, path)}"`;
    case 'abspath':
      return `abspath("\${path.module}/${beside}")`;
    case 'project':
      return `"@PROJECT@/${path}"`;
    case 'computed':
      return `"\${path.module}/${dir}/\${lower("${name.toUpperCase()}")}${ext}"`;
  }
}

function readerFile(version: Version, { words, relative }: { words: readonly string[]; relative: boolean }): string {
  const { outputs, root } = version;
  const state = posix.join(root, 'terraform.tfstate');
  const path = relative ? `"\${path.module}/${posix.relative(readerFolder(version), state)}"` : `"@PROJECT@/${state}"`;
  const read = outputs.map(({ name }): Value => ({ is: 'output', name }));
  const resources = words.map(
    (word, index): Body => ({
      kind: ['resource', 'terraform_data', `app${index}`],
      arguments: {
        input: expression(version, 0, { is: 'object', parts: [{ is: 'text', text: word }, ...read.slice(index)] }),
      },
    }),
  );
  const output = hasSecrets(version) || outputs.some(({ sensitive }) => sensitive) ? '  sensitive = true\n' : '';
  return [
    `data "terraform_remote_state" "infra" {\n  backend = "local"\n  config  = { path = ${path} }\n}\n`,
    ...resources.map((body) => toHcl(body)),
    words.length === 0 ? '' : `output "app" {\n  value = terraform_data.app0.output\n${output}}\n`,
  ].join('');
}
