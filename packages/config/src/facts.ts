import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Variables } from './interpolate.js';

/** How much of a commit stands in a version. */
const SHORT = 12;

/** What `ship` knows itself, and a config may name as variables: read when one is named, from files alone. */
const FACTS: Readonly<Record<string, (folder: string) => string | undefined>> = {
  SHIP_COMMIT: (folder) => commitOf(folder)?.slice(0, SHORT),
  SHIP_PACKAGE_VERSION: packageVersion,
};

/** The variables of a config in a folder. One that is set wins: where a release is deployed there may be no repository any more. */
export function variablesOf(folder: string, env: Variables, written: unknown): Variables {
  const text = JSON.stringify(written);
  const named = Object.keys(FACTS).filter((name) => !env[name] && text.includes(`\${${name}`));
  const facts = named.flatMap((name) => {
    const fact = FACTS[name]?.(folder);
    return fact === undefined ? [] : [[name, fact] as const];
  });
  return facts.length === 0 ? env : { ...env, ...Object.fromEntries(facts) };
}

function packageVersion(folder: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    return typeof version === 'string' && version !== '' ? version : undefined;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The commit that is checked out; undefined outside of a repository, and before its first commit. */
function commitOf(folder: string): string | undefined {
  const git = join(folder, '.git');
  const stat = statSync(git, { throwIfNoEntry: false });
  if (stat === undefined) return dirname(folder) === folder ? undefined : commitOf(dirname(folder));
  // A file names the folder: of a worktree, or of a submodule.
  const named = stat.isFile() ? /^gitdir: (.+)$/.exec(textOf(git) ?? '')?.[1] : '.git';
  if (named === undefined) return undefined;
  const own = resolve(folder, named);
  const common = resolve(own, textOf(join(own, 'commondir')) ?? '.');
  const head = textOf(join(own, 'HEAD')) ?? '';
  const ref = /^ref: (refs\/(?!.*\.\.)\S+)$/.exec(head)?.[1];
  if (ref === undefined) return asCommit(head);
  return asCommit(textOf(join(own, ref)) ?? textOf(join(common, ref))) ?? packed(textOf(join(common, 'packed-refs')) ?? '', ref);
}

const asCommit = (text: string | undefined): string | undefined => /^[0-9a-f]{40,64}$/.exec(text ?? '')?.[0];

const packed = (text: string, ref: string): string | undefined =>
  asCommit(
    text
      .split('\n')
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(' ')[0],
  );
