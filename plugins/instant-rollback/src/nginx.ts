import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Argv, ComponentConfig, Context, Router, Targets, Weights } from '@ship/core';
import { errors } from './errors.js';
import { answers, checkWeights, demandTargets, pickTarget, sharesOf } from './targets.js';

/** `router: { nginx: { … } }` of a component. */
interface Settings {
  /** The folder that the flags are put into, and that the config of nginx looks into. */
  readonly flags: string;
  /** The config of nginx: it is tested before anything is changed. */
  readonly config: string;
  /** The port of each slot. */
  readonly blue: number | string;
  readonly green: number | string;
  readonly health?: string;
}

const port = {
  anyOf: [
    { type: 'integer', minimum: 1, maximum: 65535 },
    { type: 'string', pattern: '^[1-9][0-9]{0,4}$', title: 'a port' },
  ],
};

const settingsOf = (ctx: Context, { router }: ComponentConfig): Settings => {
  const settings = router!.settings as unknown as Settings;
  return { ...settings, flags: resolve(ctx.dir, settings.flags), config: resolve(ctx.dir, settings.config) };
};

/** nginx, by flag files that its config looks at for each request: no reload, and so no reset of kept connections. */
export const nginxRouter: Router = {
  settings: {
    $id: 'ship:router/nginx',
    type: 'object',
    required: ['flags', 'config', 'blue', 'green'],
    properties: {
      flags: { type: 'string', minLength: 1 },
      config: { type: 'string', minLength: 1 },
      blue: port,
      green: port,
      health: { type: 'string', pattern: '^/', title: 'a path that starts with a slash', examples: ['/healthz'] },
    },
    additionalProperties: false,
  },
  async weights(ctx, component) {
    const settings = settingsOf(ctx, component);
    const share = readShare(settings.flags);
    const targets = await ctx.targetsOf(component);
    const weights: Record<string, number> = Object.fromEntries(Object.values(targets).map(({ version }) => [version, 0]));
    for (const [slot, part] of [
      [FLAGGED, share],
      [UNFLAGGED, 100 - share],
    ] as const) {
      const name = versionAt(targets, Number(settings[slot])) ?? `slot ${slot}`;
      if (part > 0) weights[name] = (weights[name] ?? 0) + part;
    }
    return sharesOf(weights);
  },
  shift: (ctx, component, weights) => shift(ctx, component, weights),
  async healthy(ctx, component, version) {
    const target = pickTarget(await ctx.targetsOf(component), version);
    return target !== undefined && answers(target, settingsOf(ctx, component).health);
  },
};

const versionAt = (targets: Targets, slot: number): string | undefined =>
  Object.values(targets).find(({ port: at }) => at === slot)?.version;

async function shift(ctx: Context, component: ComponentConfig, weights: Weights): Promise<void> {
  const settings = settingsOf(ctx, component);
  checkWeights(component.name, weights);
  const share = shareOf(component.name, settings, await ctx.targetsOf(component), weights);
  refuseBlind(settings, await testConfig(ctx, settings.config));
  writeShare(settings.flags, share);
}

/** The percent of the flagged slot. */
function shareOf(component: string, { blue, green }: Settings, targets: Targets, weights: Weights): number {
  const wrong = (problem: string) => errors.SHIP_ROUTER_WEIGHTS({ component, weights: JSON.stringify(weights), problem });
  let share = 0;
  for (const { target, share: part } of demandTargets(component, targets, weights)) {
    if (target.port === Number(green)) share += part;
    else if (target.port !== Number(blue))
      throw wrong(`${target.version} listens on ${target.port}, which is neither slot ${blue} nor ${green}`);
  }
  if (!isShare(share)) throw wrong('nginx is given shares of 0, 25, 50, 75 and 100 percent');
  return share;
}

/** A broken config would be met by the next reload, in the middle of somebody else's work. Answers all of it, included files too. */
async function testConfig(ctx: Context, config: string): Promise<string> {
  const argv: Argv = ['nginx', '-T', '-q', '-c', config];
  const { exitCode, stdout, stderr } = await ctx.exec(argv, { okExitCodes: 'any' }).catch((cause: unknown) => {
    throw errors.SHIP_ROUTER_UNREACHABLE({
      router: 'nginx',
      where: 'PATH',
      reason: cause instanceof Error ? cause.message.split('\n')[0]! : String(cause),
    });
  });
  const answer = ctx.redact(stderr.trim());
  // A config that only root may test is not broken.
  if (exitCode !== 0 && /\(13: Permission denied\)/.test(stderr)) throw errors.SHIP_ROUTER_UNTESTED({ config, answer });
  if (exitCode !== 0) throw errors.SHIP_ROUTER_REFUSED({ router: 'nginx', command: argv.join(' '), answer });
  return stdout;
}

/** A flag that nobody looks at would be read back as set, and switch nothing: nginx must run, and its config look there. */
function refuseBlind({ config, flags }: Settings, text: string): void {
  const looks = text.split(flags).slice(1);
  // Not a folder whose name only begins alike.
  if (looks.every((rest) => /^[\w.-]/.test(rest))) throw errors.SHIP_ROUTER_BLIND({ config, flags });
  const file = /^\s*pid\s+"?(\/[^\s;"]+)"?\s*;/m.exec(text)?.[1];
  // Without a line `pid` the file is where the build of nginx has it, and nobody here knows.
  if (file === undefined || isRunning(file)) return;
  throw errors.SHIP_ROUTER_UNREACHABLE({ router: 'nginx', where: file, reason: 'it does not run' });
}

function isRunning(pidFile: string): boolean {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').trim());
    // The test of a config makes an empty file.
    if (!Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Whatever may not be read or signalled is somebody else's, and there.
    return !['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

/** The slot that a flag gives traffic to; without any flag the other one has it all. */
const FLAGGED = 'green';
/** The slot that has what no flag takes from it. */
const UNFLAGGED = 'blue';
/** Requests fall into so many equal buckets; a flag each. */
const BUCKETS = ['a', 'b', 'c', 'd'] as const;
const BUCKET_SHARE = 100 / BUCKETS.length;

const all = (folder: string): string => join(folder, FLAGGED);
const one = (folder: string, bucket: string): string => join(folder, `${FLAGGED}-${bucket}`);

/** The percent of requests that go to the flagged slot. */
function readShare(folder: string): number {
  if (!existsSync(folder)) return 0;
  if (existsSync(all(folder))) return 100;
  return BUCKETS.filter((bucket) => existsSync(one(folder, bucket))).length * BUCKET_SHARE;
}

/** Can a share be expressed by flags? */
const isShare = (share: number): boolean => share % BUCKET_SHARE === 0;

/** Puts flags so that this percent goes to the flagged slot. Each is one file, so nginx sees it from one request to the next. */
function writeShare(folder: string, share: number): void {
  // nginx looks at it as another user, and never writes.
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const flagged = BUCKETS.slice(0, share / BUCKET_SHARE);
  if (share === 100) writeFileSync(all(folder), '', { mode: 0o644 });
  for (const bucket of share === 100 ? [] : flagged) writeFileSync(one(folder, bucket), '', { mode: 0o644 });
  const kept: readonly string[] = share === 100 ? [FLAGGED] : flagged.map((bucket) => `${FLAGGED}-${bucket}`);
  // The flag for all goes last: what it covered is covered by the others by then.
  const stale = readdirSync(folder).filter((name) => name.startsWith(FLAGGED) && !kept.includes(name));
  for (const name of stale.sort().reverse()) rmSync(join(folder, name), { force: true });
}
