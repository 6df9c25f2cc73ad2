import { createHash } from 'node:crypto';
import { join, normalize, relative, resolve } from 'node:path';
import type { Context, Json } from '@ship/core';

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
  /** What is otherwise in one environment. */
  readonly environments?: Readonly<Record<string, StackInput>>;
}

/** A root module in a workspace: what one state is of. */
export interface Stack {
  /** Tells it from others of the environment, in names of files and keys. */
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

/** Readable, and never the same for two: what cannot stand in a name is told apart by a hash. */
function nameOf(dir: string, workspace: string): string {
  const whole = workspace === 'default' ? dir : `${dir}-${workspace}`;
  const readable =
    whole
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'root';
  const hash = createHash('sha256').update(`${dir}\0${workspace}`).digest('hex').slice(0, 6);
  return readable === dir && workspace === 'default' ? readable : `${readable}-${hash}`;
}
