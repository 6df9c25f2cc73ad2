import { join, normalize, relative, resolve } from 'node:path';
import { type Context, type Json, type JsonSchema, sha256 } from '@ship/core';

/** What options and steps may both say. */
export interface StackInput {
  readonly dir?: string;
  readonly workspace?: string;
  readonly var_files?: readonly string[];
  readonly vars?: Readonly<Record<string, Json>>;
  readonly backend_config?: Readonly<Record<string, string | number | boolean>>;
  readonly parallelism?: number;
  readonly targets?: readonly string[];
  readonly lock_timeout?: string;
  readonly exclude?: readonly string[];
}

/** The options in `plugins:`. */
export interface Options extends StackInput {
  readonly binary?: string;
  readonly stateful?: readonly string[];
  readonly stateless?: readonly string[];
  /** What is different in one environment. */
  readonly environments?: Readonly<Record<string, StackInput>>;
}

/** A root module in a workspace: what one state is of. */
export interface Stack {
  /** Unique in the environment; for names of files and keys. */
  readonly name: string;
  /** Its folder, as people know it. */
  readonly dir: string;
  /** Its folder. */
  readonly cwd: string;
  /** Where ship keeps what it needs to work on it, on this machine. */
  readonly home: string;
  readonly workspace: string;
  readonly varFiles: readonly string[];
  readonly vars: Readonly<Record<string, Json>>;
  readonly backendConfig: Readonly<Record<string, string | number | boolean>>;
  readonly parallelism?: number;
  readonly targets: readonly string[];
  readonly lockTimeout: string;
  readonly exclude: readonly string[];
  readonly options: Options;
}

type Where = Pick<Context, 'dir' | 'stateDir' | 'environment' | 'env'>;

const LOCK_TIMEOUT = '1m';

/** The stack of a step: what the options say, over it what they say of the environment, and over that what the step says. */
export function stackOf(where: Where, options: Options, input: StackInput): Stack {
  const said: StackInput = { ...options, ...options.environments?.[where.environment], ...input };
  const {
    dir = '.',
    workspace,
    var_files = [],
    vars = {},
    backend_config = {},
    targets = [],
    lock_timeout,
    exclude = [],
    parallelism,
  } = said;
  const cwd = resolve(where.dir, dir);
  const place = normalize(relative(where.dir, cwd) || '.');
  const inWorkspace = workspace ?? (where.env.TF_WORKSPACE || 'default');
  const name = nameOf(place, inWorkspace);
  return {
    name,
    dir: place,
    cwd,
    home: homeOf(where, name),
    workspace: inWorkspace,
    varFiles: var_files.map((file) => resolve(where.dir, file)),
    vars,
    backendConfig: backend_config,
    ...(parallelism === undefined ? {} : { parallelism }),
    targets,
    lockTimeout: lock_timeout ?? LOCK_TIMEOUT,
    exclude,
    options,
  };
}

/** Where ship keeps what it needs for a stack. */
const homeOf = ({ stateDir, environment }: Pick<Context, 'stateDir' | 'environment'>, name: string): string =>
  join(stateDir, 'terraform', environment, name);

/** Readable and unique: where characters had to be replaced, a hash is added. */
function nameOf(dir: string, workspace: string): string {
  const whole = workspace === 'default' ? dir : `${dir}-${workspace}`;
  const readable =
    whole
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'root';
  const hash = sha256(`${dir}\0${workspace}`).slice(0, 6);
  return readable === dir && workspace === 'default' ? readable : `${readable}-${hash}`;
}

const text = { type: 'string', minLength: 1 };
const texts = { type: 'array', items: text };

/** What options and steps may both say about a stack; a step wins. */
const stackProperties = {
  dir: { ...text, description: 'The folder of the root module, relative to the folder of the config.' },
  workspace: { type: 'string', pattern: '^[A-Za-z0-9_.-]+$', title: 'the name of a workspace', description: 'Default: `default`.' },
  var_files: { ...texts, description: 'Files with variables, relative to the folder of the config.' },
  vars: { type: 'object', description: 'Variables; they win over those of files.' },
  backend_config: {
    type: 'object',
    additionalProperties: { type: ['string', 'boolean', 'number'] },
    description: 'What the configuration leaves open about its backend.',
  },
  parallelism: { type: 'integer', minimum: 1, description: 'How many resources at a time. Default 10.' },
  targets: { ...texts, description: 'Only these addresses, and what they depend on.' },
  lock_timeout: {
    type: 'string',
    pattern: '^[0-9]+(s|m|h)$',
    title: 'a duration such as 30s',
    description: 'How long to wait for a lock that somebody holds. Default: a minute.',
  },
  exclude: { ...texts, description: 'Files and folders of the module that are not part of the configuration, relative to it.' },
};

/** The options in `plugins:`. */
export const optionsSchema: JsonSchema = {
  $id: 'ship:terraform/options',
  type: 'object',
  additionalProperties: false,
  properties: {
    binary: { ...text, description: 'Name or path. Default: `terraform`, or `tofu` where there is no terraform.' },
    stateful: { ...texts, description: 'Types and addresses that hold data, besides those that are known to.' },
    stateless: { ...texts, description: 'Types and addresses that a rollback may destroy or replace.' },
    environments: {
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: false, properties: stackProperties },
      description: 'What is different in one environment, by its name.',
    },
    ...stackProperties,
  },
};

const input = ($id: string, more: object = {}): JsonSchema => ({
  $id,
  type: 'object',
  additionalProperties: false,
  properties: { ...stackProperties, ...more },
});

/** The input of `terraform/apply`. */
export const applyInput = input('ship:terraform/apply');

/** The input of `terraform/destroy`. */
export const destroyInput = input('ship:terraform/destroy');

/** The input of `terraform/output`. */
export const outputInput = input('ship:terraform/output', {
  file: { ...text, description: 'Where all outputs are written as JSON, for this user alone. Relative to the folder of the config.' },
});
