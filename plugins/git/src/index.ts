import { type Context, definePlugin, type RunContext } from '@ship/core';
import { isCommandFailed } from '@ship/exec';
import { branchCondition, dirtyCondition, matches } from './conditions.js';
import { gitErrors } from './errors.js';
import { changedFiles, head, tagsAtHead, tryGit } from './git.js';
import { findRepository, type Head, type Repository, readHead, readTag } from './repository.js';

/** The options in `plugins: [{ git: … }]`. */
export interface GitOptions {
  readonly require_clean?: boolean;
  readonly allowed_branches?: readonly string[];
}

/** What is deployed, as git knows it: facts, conditions, and a veto on the wrong branch or a dirty tree. */
export default definePlugin<GitOptions>({
  name: 'git',
  ship: '^1',
  options: {
    $id: 'ship:git/options',
    type: 'object',
    additionalProperties: false,
    properties: {
      require_clean: { type: 'boolean', description: 'Refuse to run while something is not committed.' },
      allowed_branches: {
        type: 'array',
        minItems: 1,
        items: { type: 'string', minLength: 1 },
        description: 'Refuse to run from any other branch; `*` stands for anything.',
      },
    },
  },
  apply(ship, options) {
    ship.condition('branch', branchCondition);
    ship.condition('dirty', dirtyCondition);
    ship.hooks.beforeRun.tapPromise('git', (run) => openRun(run, options));
  },
});

const SHOWN = 5;

/** Adds the facts of the repository to the run, and vetoes it where the options say so. */
async function openRun(run: RunContext, options: GitOptions): Promise<void> {
  const facts = await readFacts(run);
  for (const name of ['branch', 'sha', 'tag'] as const) {
    const value = facts?.[name];
    if (value !== undefined) run.fact(name, value);
  }
  if (options.allowed_branches !== undefined) demandBranch(facts, options.allowed_branches);
  if (options.require_clean === true) {
    await demandClean(run, facts);
    run.fact('dirty', 'false');
  } else if (asksForDirty(run)) {
    run.fact('dirty', String((await demandChanges(run, facts, 'when: dirty')).length > 0));
  }
}

/** Asking git takes time in a big tree, so it is asked only where a step of this environment wants to know, and once. */
function asksForDirty({ plan, environment }: RunContext): boolean {
  return plan.steps.some(
    ({ when }) => when !== undefined && 'dirty' in when && [when.environment ?? environment].flat().includes(environment),
  );
}

/** Throws unless the branch is one of the allowed ones. */
function demandBranch(facts: GitFacts | undefined, allowed: readonly string[]): void {
  if (facts === undefined) throw gitErrors.SHIP_GIT_MISSING({ option: 'allowed_branches', problem: 'there is none here' });
  const { branch, pullRequest } = facts;
  if (branch !== undefined && !pullRequest && matches(branch, allowed)) return;
  const shown =
    branch === undefined ? 'a commit without a branch' : pullRequest ? `the pull request of branch ${branch}` : `branch ${branch}`;
  throw gitErrors.SHIP_GIT_BRANCH({ branch: shown, allowed });
}

/** What is not committed; throws where git does not know. */
async function demandChanges(ctx: Context, facts: GitFacts | undefined, option: string): Promise<readonly string[]> {
  if (facts === undefined) throw gitErrors.SHIP_GIT_MISSING({ option, problem: 'there is none here' });
  return changedFiles(ctx).catch((error) => {
    if (!isCommandFailed(error) || error.aborted) throw error;
    throw gitErrors.SHIP_GIT_MISSING({ option, problem: error.message }, { cause: error });
  });
}

/** Throws unless everything is committed. */
async function demandClean(ctx: Context, facts: GitFacts | undefined): Promise<void> {
  const files = await demandChanges(ctx, facts, 'require_clean');
  if (files.length > 0) throw gitErrors.SHIP_GIT_DIRTY({ files: files.slice(0, SHOWN), more: Math.max(0, files.length - SHOWN) });
}

/** What the repository says about the commit that is deployed. Absent: unknown. */
interface GitFacts {
  readonly branch?: string;
  readonly sha?: string;
  readonly tag?: string;
  /** The branch is what a pull request calls itself, which anybody may choose. */
  readonly pullRequest: boolean;
}

/** Reads the facts from the files of the repository; git itself is asked only where they do not say. */
async function readFacts(ctx: Context, env: NodeJS.ProcessEnv = process.env): Promise<GitFacts | undefined> {
  const repository = findRepository(ctx.dir);
  if (repository === undefined) return undefined;
  const { branch, sha } = readHead(repository) ?? (await askHead(ctx));
  const named = branch === undefined ? branchInCi(env) : { branch, pullRequest: false };
  const tag = sha === undefined ? undefined : await tagOf(ctx, repository, sha);
  return { ...named, ...(sha === undefined ? {} : { sha }), ...(tag === undefined ? {} : { tag }) };
}

async function askHead(ctx: Context): Promise<Head> {
  const text = await tryGit(ctx, head());
  const field = (name: string) => new RegExp(`^# branch\\.${name} (?!\\()(.+)$`, 'm').exec(text ?? '')?.[1];
  const [branch, sha] = [field('head'), field('oid')];
  return { ...(branch === undefined ? {} : { branch }), ...(sha === undefined ? {} : { sha }) };
}

async function tagOf(ctx: Context, repository: Repository, sha: string): Promise<string | undefined> {
  const tag = await readTag(repository, sha);
  if (tag !== undefined) return tag ?? undefined;
  return (await tryGit(ctx, tagsAtHead()))?.split('\n')[0] || undefined;
}

/** Pipelines check out a commit without a branch, and name the branch in the environment. */
export function branchInCi(env: NodeJS.ProcessEnv): Pick<GitFacts, 'branch' | 'pullRequest'> {
  if (env.GITHUB_HEAD_REF) return { branch: env.GITHUB_HEAD_REF, pullRequest: true };
  const branch = (env.GITHUB_REF_TYPE === 'tag' ? undefined : env.GITHUB_REF_NAME) || env.CI_COMMIT_BRANCH;
  return { ...(branch ? { branch } : {}), pullRequest: false };
}
