import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Context } from '@ship/core';
import { errors } from '../errors.js';

/** What runs the configurations. */
export interface Tool {
  readonly kind: 'terraform' | 'tofu';
  readonly path: string;
  readonly version: string;
}

/** `terraform_data` came with 1.4; the first tofu is 1.6. */
const OLDEST = { terraform: '1.4.0', tofu: '1.6.0' } as const;

const known = new Map<string, Promise<Tool>>();

/** Finds terraform or tofu, and sees that it is new enough. Asked once for a file. */
export function findTool(ctx: Context, binary: string | undefined): Promise<Tool> {
  const path = locate(binary, ctx);
  const asked = known.get(path) ?? askVersion(ctx, path);
  known.set(path, asked);
  asked.catch(() => known.delete(path));
  return asked;
}

function locate(binary: string | undefined, { dir, env }: Context): string {
  const names = binary === undefined ? ['terraform', 'tofu'] : [binary];
  for (const name of names) {
    const candidates = name.includes('/') ? [resolve(dir, name)] : (env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
    const found = candidates.find(isProgram);
    if (found !== undefined) return found;
  }
  throw errors.SHIP_TERRAFORM_MISSING({ looked: names });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function askVersion(ctx: Context, path: string): Promise<Tool> {
  const env = { CHECKPOINT_DISABLE: '1', TF_CLI_ARGS: undefined, TF_CLI_ARGS_version: undefined };
  const { stdout } = await ctx.exec([path, 'version', '-no-color'], { onOutput: null, env, timeoutMs: 30_000 });
  const [, name, version] = /^(Terraform|OpenTofu) v(\d+\.\d+\.\d+\S*)/m.exec(stdout) ?? [];
  if (version === undefined) throw errors.SHIP_TERRAFORM_OTHER({ path, output: JSON.stringify(stdout.slice(0, 80)) });
  const kind = name === 'OpenTofu' ? 'tofu' : 'terraform';
  if (isOlder(version, OLDEST[kind])) throw errors.SHIP_TERRAFORM_TOO_OLD({ path, found: version, needed: OLDEST[kind] });
  return { kind, path, version };
}

/** Compares numbers alone: a pre-release of a version counts as that version. */
function isOlder(version: string, than: string): boolean {
  const [one, other] = [version, than].map((each) => each.split(/[.-]/).slice(0, 3).map(Number));
  const differs = one!.findIndex((part, index) => part !== other![index]);
  return differs >= 0 && one![differs]! < other![differs]!;
}
