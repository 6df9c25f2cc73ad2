import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'lossless-json';
import { errors } from '../errors.js';

/** A block of a configuration, in the form that Terraform's JSON syntax gives it. An expression is a text with `${…}`. */
export type Block = Readonly<Record<string, unknown>>;

/** The files of one folder, with overrides merged as Terraform merges them. */
export interface Module {
  /** By their type, then by their labels, `variable` or `type.name`. */
  readonly blocks: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  /** Blocks without labels, such as `moved`, in the order of the files. */
  readonly unlabelled: Readonly<Record<string, readonly Block[]>>;
}

/** How many labels a block has. */
const LABELS: Readonly<Record<string, number>> = {
  resource: 2,
  data: 2,
  ephemeral: 2,
  variable: 1,
  output: 1,
  module: 1,
  provider: 1,
  check: 1,
};
const SOURCE = /\.(?:tf|tofu)(?:\.json)?$/;
const OVERRIDE = /(?:^|_)override\.(?:tf|tofu)(?:\.json)?$/;

/** The files that Terraform reads as configuration. */
export const configurationFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => SOURCE.test(name) && !name.startsWith('.'))
    .sort((one, other) => Number(OVERRIDE.test(one)) - Number(OVERRIDE.test(other)) || (one < other ? -1 : 1));

/** Is it a file that Terraform reads by itself, wherever it finds it? */
export const isConfigurationFile = (name: string): boolean => SOURCE.test(name) && !name.startsWith('.');

/** Reads all files of a folder. Throws where one has a syntax error. */
export async function readModule(folder: string): Promise<Module> {
  const blocks: Record<string, Record<string, Block>> = {};
  const unlabelled: Record<string, Block[]> = {};
  for (const name of configurationFiles(folder)) {
    for (const [type, labels, body] of blocksOf(await readFile(join(folder, name)))) {
      if (labels.length === 0) {
        unlabelled[type] = [...(unlabelled[type] ?? []), body];
        continue;
      }
      const label = [...labels, ...(type === 'provider' && typeof body.alias === 'string' ? [body.alias] : [])].join('.');
      const known = blocks[type]?.[label];
      blocks[type] = { ...blocks[type], [label]: OVERRIDE.test(name) && known ? merged(known, body) : body };
    }
  }
  return { blocks, unlabelled };
}

/** Reads one file, such as one of values. */
export async function readFile(path: string): Promise<Block> {
  const text = readFileSync(path, 'utf8');
  try {
    if (path.endsWith('.json')) return (parse(text.replace(/^\uFEFF/, '')) ?? {}) as Block;
    // The parser of HashiCorp as WebAssembly: 7 MB, which only those wait for who have a configuration.
    const { parse: parseHcl } = await import('@cdktn/hcl2json');
    return (await parseHcl(basename(path), text)) ?? {};
  } catch (cause) {
    throw errors.SHIP_TERRAFORM_SYNTAX({ problem: problemIn(cause, basename(path)) }, { cause });
  }
}

/** `parse config: [main.tf:3,14-15: Invalid expression; …]`, as a person reads it. */
function problemIn(cause: unknown, name: string): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const [, inner = text] = /^parse config: \[([\s\S]*)\]$/.exec(text) ?? [];
  const said = inner.replace(/^\S*?:(\d+),(\d+)(?:-[\d,]+)?: /, `${name}:$1:$2: `);
  return said.startsWith(`${name}:`) ? said : `${name}: ${said}`;
}

/** In JSON a block that stands once may stand without a list. */
export const listOf = (value: unknown): readonly Block[] =>
  Array.isArray(value) ? value.flatMap(listOf) : typeof value === 'object' && value !== null ? [value as Block] : [];

/** The first block of a kind inside of another one. */
export const blockIn = (body: Block, name: string): Block | undefined => listOf(body[name])[0];

/** What an expression says: `${x}` and `x` are the same reference. */
export const referenceIn = (value: unknown): string => (typeof value === 'string' ? value.replace(/^\$\{([\s\S]*)\}$/, '$1') : '');

function* blocksOf(file: Block): Generator<[type: string, labels: readonly string[], body: Block]> {
  for (const [type, value] of Object.entries(file)) {
    for (const [labels, body] of labelled(value, LABELS[type] ?? 0)) yield [type, labels, body];
  }
}

function labelled(value: unknown, count: number): [labels: readonly string[], body: Block][] {
  if (count === 0) return listOf(value).map((body) => [[], body]);
  return listOf(value).flatMap((each) =>
    Object.entries(each).flatMap(([label, below]) =>
      labelled(below, count - 1).map(([labels, body]): [readonly string[], Block] => [[label, ...labels], body]),
    ),
  );
}

/** An override replaces arguments, and blocks by their kind; of `lifecycle` it replaces arguments. */
function merged(body: Block, override: Block): Block {
  const lifecycle = { ...blockIn(body, 'lifecycle'), ...blockIn(override, 'lifecycle') };
  return { ...body, ...override, ...(Object.keys(lifecycle).length === 0 ? {} : { lifecycle }) };
}
