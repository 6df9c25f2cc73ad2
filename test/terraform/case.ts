import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse, stringify } from 'yaml';

/** How the last command of a case must end. `either`: it goes back, or it is refused; `error`: it is refused before it acts. */
export type Ends = 'back' | 'refused' | 'either' | 'error';

/** One thing that happens in a case. */
export type Event =
  | 'ship'
  | 'remember'
  | 'break'
  | 'mend'
  | { readonly put: string }
  | { readonly ship: readonly string[] }
  | { readonly fails: readonly string[] }
  | { readonly terraform: Record<string, unknown> }
  | { readonly env: Record<string, string> }
  | { readonly run: string }
  | { readonly delete: string };

/** One state that belongs to the world of a case. */
export interface Stack {
  /** The folder of the root module, relative to the project. */
  readonly dir: string;
  readonly workspace?: string;
  /** The file of its state, relative to the project, or `@STATE@` for the state server. */
  readonly state?: string;
  /** Put before each address, where a case has several stacks. */
  readonly name?: string;
}

/** One `case.yaml`. */
export interface Case {
  readonly folder: string;
  /** One plain sentence, the title of the test. */
  readonly given: string;
  /** The whole ship.yaml, or the options of the plugin for the usual one. */
  readonly ship?: string;
  readonly terraform?: Record<string, unknown>;
  /** The folder of ship.yaml, in which ship runs; the project itself unless it is said. */
  readonly in?: string;
  /** The project is a git repository, and each version that is put is committed. */
  readonly git?: boolean;
  /** The tests' own provider runs. */
  readonly provider?: boolean;
  /** A state server runs; `@STATE@` is its address. */
  readonly http?: boolean;
  /** Variables of the environment, for everything that runs. The event `env` says what there is besides these from then on. */
  readonly env?: Record<string, string>;
  /** Root reads every file: such a case is skipped there. */
  readonly not_as_root?: boolean;
  readonly happens: readonly Event[];
  readonly ends: Ends;
  /** What the report must say. */
  readonly says?: string;
  readonly stacks?: readonly Stack[];
  /** Where the rollback of a run is refused: each resource with its input, as the new version made it. */
  readonly stays?: Record<string, unknown>;
  /** Files and their contents after the end: null where there must be none, a number for how many are named by a time. */
  readonly outside?: Record<string, string | number | null>;
  /** A shell command before Terraform alone plans the remembered version, such as one that brings a repository back. */
  readonly before_plan?: string;
}

const text = { type: 'string', minLength: 1 };
const anyObject = { type: 'object' };
const args = { type: 'array', items: text };
const object = (properties: Record<string, object>, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const verb = (name: string, value: object) => object({ [name]: value }, [name]);

const isCase = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(
  object(
    {
      given: text,
      ship: text,
      terraform: anyObject,
      in: text,
      git: { type: 'boolean' },
      provider: { type: 'boolean' },
      http: { type: 'boolean' },
      env: { type: 'object', additionalProperties: { type: 'string' } },
      not_as_root: { type: 'boolean' },
      happens: {
        type: 'array',
        minItems: 1,
        items: {
          anyOf: [
            { enum: ['ship', 'remember', 'break', 'mend'] },
            ...['put', 'run', 'delete'].map((name) => verb(name, text)),
            ...['ship', 'fails'].map((name) => verb(name, args)),
            verb('terraform', anyObject),
            verb('env', { type: 'object', additionalProperties: { type: 'string' } }),
          ],
        },
      },
      ends: { enum: ['back', 'refused', 'either', 'error'] },
      says: text,
      stacks: { type: 'array', minItems: 1, items: object({ dir: text, workspace: text, state: text, name: text }, ['dir']) },
      stays: anyObject,
      outside: { type: 'object', additionalProperties: { type: ['string', 'integer', 'null'] } },
      before_plan: text,
    },
    ['given', 'happens', 'ends'],
  ),
);

/** Reads a case; a key that nobody knows is an error. */
export function readCase(folder: string): Case {
  const found = parse(readFileSync(join(folder, 'case.yaml'), 'utf8')) as Omit<Case, 'folder'>;
  const wrong = (what: string) => new Error(`${folder}/case.yaml: ${what}`);
  if (!isCase(found))
    throw wrong(JSON.stringify(isCase.errors?.map(({ instancePath, message, params }) => [instancePath, message, params])));
  if (found.ship !== undefined && found.terraform !== undefined) throw wrong('`ship` and `terraform` exclude each other');
  const names = found.happens.map((event) => (typeof event === 'string' ? event : Object.keys(event)[0]));
  if (names.at(-1) !== 'ship') throw wrong('the last thing that happens must be `ship`: it is judged');
  if (!names.includes('remember')) throw wrong('nothing is remembered');
  const versions = found.happens.flatMap((event) => (typeof event === 'object' && 'put' in event ? [event.put] : []));
  const folders = readdirSync(folder).filter((name) => name !== 'case.yaml');
  const odd = [...versions.filter((name) => !folders.includes(name)), ...folders.filter((name) => !versions.includes(name))];
  if (odd.length > 0) throw wrong(`${odd.join(', ')}: put and not there, or there and never put`);
  if (found.says !== undefined) new RegExp(found.says);
  return { folder, ...found };
}

/** The usual ship.yaml: one stack, and a check that fails while the file `broken` is there. */
export const usualConfig = (options: Record<string, unknown>): string =>
  stringify({
    version: 1,
    project: 'shop',
    plugins: [{ terraform: options }],
    steps: [
      { id: 'infra', uses: 'terraform/apply' },
      { id: 'check', run: 'test ! -e broken', undo: 'true' },
    ],
    verify: { smoke: [{ run: 'true' }] },
  });
