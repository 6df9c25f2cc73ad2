import type { Context } from '@ship/core';
import { head, tagsAtHead } from './commands.js';
import { tryGit } from './git.js';
import { findRepository, type Head, type Repository, readHead } from './repository.js';
import { readTag } from './tags.js';

/** What the repository says about the commit that is deployed. Absent: unknown. */
export interface GitFacts {
  readonly branch?: string;
  readonly sha?: string;
  readonly tag?: string;
  /** The branch is what a pull request calls itself, which anybody may choose. */
  readonly pullRequest: boolean;
}

/** Reads the facts from the files of the repository; git itself is asked only where they do not say. */
export async function readFacts(ctx: Context, env: NodeJS.ProcessEnv = process.env): Promise<GitFacts | undefined> {
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
