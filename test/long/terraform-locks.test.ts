import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasMoto, startMoto } from '../services/moto.js';
import { hasPostgres, startPostgres } from '../services/postgres.js';
import { hasProgram } from '../services/started.js';
import { startStateServer } from '../services/terraform-state.js';
import { cleanEnv, runProgram, ship, shipJson } from '../support/ship.js';
import { CONFIG, shop, snapshots, until } from '../support/terraform.js';

/** A place for states and locks, ready to be used. */
interface Place {
  /** What `backend "…"` has between its braces. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The id of the lock that is held, as it lies there: not by Terraform. */
  lockId(infra: string): string | undefined | Promise<string | undefined>;
}

interface Backend {
  readonly kind: string;
  readonly isHere: () => boolean;
  readonly start: () => Promise<Place>;
  /** What is told of the lock with that id. */
  readonly told: (id: string) => string;
  /** Does a lock stay when its holder is killed? */
  readonly stays: boolean;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const idIn = (text: string): string => (JSON.parse(text) as { ID: string }).ID;
const withOwner = (id: string) => `locked by \\S+@\\S+, for \\d+ s, for apply \\(lock ${id}\\)`;
const NO_NAME = 'locked by somebody whom the backend does not name';

const BACKENDS: Backend[] = [
  {
    kind: 'local',
    isHere: () => true,
    start: async () => ({ lockId: (infra) => idIn(readFileSync(join(infra, '.terraform.tfstate.lock.info'), 'utf8')) }),
    told: withOwner,
    stays: false,
  },
  {
    kind: 'http',
    isHere: () => true,
    async start() {
      const server = await startStateServer();
      const { url } = server;
      return {
        settings: { address: url, lock_address: url, unlock_address: url, retry_max: 0 },
        lockId: () => idIn(server.lock),
      };
    },
    told: (id) => `${NO_NAME} \\(lock ${id}\\)`,
    stays: true,
  },
  {
    kind: 'pg',
    isHere: hasPostgres,
    async start() {
      const { url } = await startPostgres();
      return { settings: { conn_str: url }, lockId: () => undefined };
    },
    told: () => `${NO_NAME}(?! \\(lock)`,
    stays: false,
  },
  {
    kind: 's3',
    isHere: hasMoto,
    async start() {
      const { url, env, makeBucket, read } = await startMoto();
      await makeBucket('states');
      const skips = ['credentials_validation', 'requesting_account_id', 'metadata_api_check', 'region_validation'];
      return {
        settings: {
          bucket: 'states',
          key: 'shop.tfstate',
          region: 'us-east-1',
          use_lockfile: true,
          use_path_style: true,
          endpoints: { s3: url },
          ...Object.fromEntries(skips.map((each) => [`skip_${each}`, true])),
        },
        env,
        lockId: async () => idIn(await read('states', 'shop.tfstate.tflock')),
      };
    },
    told: withOwner,
    stays: true,
  },
];

const LOCK_TIMEOUT = CONFIG.replace('dir: infra,', 'dir: infra, lock_timeout: 2s,');

/** A resource that takes as long to be made as the file `free` is away. */
const SLOW =
  'resource "terraform_data" "slow" {\n  provisioner "local-exec" { command = "touch ../held; while ! test -e ../free; do sleep 0.1; done" }\n}\n';

const backendBlock = (kind: string, settings: object = {}): string =>
  `terraform {\n  backend "${kind}" {\n${Object.entries(settings)
    .map(([name, value]) => `    ${name} = ${JSON.stringify(value)}\n`)
    .join('')}  }\n}\n`;

/** A project whose v1 is deployed, and a plain terraform that holds the lock of its state: it makes the slow resource anew. */
async function heldBySomebody({ kind, start }: Backend) {
  const { settings, env = {}, lockId } = await start();
  const { cwd, write } = shop(LOCK_TIMEOUT, backendBlock(kind, settings));
  const infra = join(cwd, 'infra');
  const free = join(cwd, 'free');
  writeFileSync(free, '');
  write('v1', SLOW);
  expect((await ship([], { cwd, env })).code).toBe(0);
  rmSync(free);
  rmSync(join(cwd, 'held'));

  const handEnv = { ...env, TF_DATA_DIR: join(cwd, 'by-hand'), CHECKPOINT_DISABLE: '1' };
  const byHand = (...args: string[]) => runProgram(['terraform', ...args], { cwd: infra, env: handEnv });
  expect((await byHand('init')).code).toBe(0);
  const apply = ['apply', '-auto-approve', '-replace=terraform_data.slow'];
  const holder = spawn('terraform', apply, { cwd: infra, env: cleanEnv(handEnv), stdio: 'ignore', detached: true });
  const ended = once(holder, 'exit');
  const kill = () => {
    try {
      process.kill(-holder.pid!, 'SIGKILL');
    } catch {
      // It has ended.
    }
    return ended;
  };
  onTestFinished(async () => void (await kill()));
  await until(() => existsSync(join(cwd, 'held')));
  return {
    cwd,
    write,
    byHand,
    env,
    lockId: async () => lockId(infra),
    version: async () => (await byHand('output', '-raw', 'version')).stdout,
    /** The holder goes on to its end. */
    async letGo() {
      writeFileSync(free, '');
      expect(await ended).toEqual([0, null]);
    },
    async kill() {
      await kill();
      writeFileSync(free, '');
    },
  };
}

type Scene = Awaited<ReturnType<typeof heldBySomebody>>;

/** Both `ship doctor` and a deploy tell of that lock and of no other. Nothing is changed, and the lock stays. */
async function isTold({ cwd, env, byHand, lockId }: Scene, told: Backend['told']): Promise<string> {
  const id = (await lockId()) ?? 'none';
  const state = (await byHand('state', 'pull')).stdout;
  expect(JSON.parse(state)).toMatchObject({ outputs: { version: { value: 'v1' } } });

  const doctor = await ship(['doctor'], { cwd, env });
  const deploy = await shipJson([], { cwd, env });

  expect(doctor.stdout).toMatch(
    new RegExp(`! the state of infra is ${told(id)}\\. A lock in a file or in PostgreSQL ends with its holder`),
  );
  expect(deploy.code).toBe(3);
  expect(deploy.report.failure?.message).toMatch(new RegExp(`the state of infra is ${told(id)}; waited 2s`));
  const all = [doctor.stdout, doctor.stderr, deploy.report.failure?.message].join('\n');
  expect([...new Set(all.match(new RegExp(UUID, 'g')))]).toEqual(id === 'none' ? [] : [id]);

  expect((await byHand('state', 'pull')).stdout).toBe(state);
  expect((await byHand('plan', '-no-color', '-lock-timeout=0s')).stderr).toContain('Error acquiring the state lock');
  expect((await lockId()) ?? 'none').toBe(id);
  return id;
}

const BY_KIND = BACKENDS.map((backend) => [backend.kind, backend] as const);

describe.skipIf(!hasProgram('terraform')).each(BY_KIND)('locks of the backend %s, with the real terraform', (_kind, backend) => {
  const real = it.skipIf(!backend.isHere());

  real(
    'given a lock that somebody holds, then doctor and a deploy tell of that one, and nothing is changed; when it is free, there is a deploy, and a rollback',
    async () => {
      const scene = await heldBySomebody(backend);
      const { cwd, env, write, version, letGo } = scene;
      write('v2', SLOW);

      await isTold(scene, backend.told);
      await letGo();
      const deployed = await shipJson([], { cwd, env });

      expect(deployed.report).toMatchObject({ status: 'succeeded' });
      expect(await version()).toBe('v2');
      expect((await ship(['doctor'], { cwd, env })).stdout).toContain('infra: the state is not locked');
      const back = await shipJson(['--rollback-to', snapshots(cwd)[0]!], { cwd, env });
      expect(back.report).toMatchObject({ exit_code: 0 });
      expect(await version()).toBe('v1');
    },
    90_000,
  );

  const killed = 'given a lock whose holder was killed, then ';
  const itStays = async () => {
    const scene = await heldBySomebody(backend);
    const { cwd, env, write, version, kill, byHand } = scene;
    write('v2', SLOW);
    await kill();

    const id = await isTold(scene, backend.told);
    expect(await byHand('force-unlock', '-force', id)).toMatchObject({ code: 0 });

    expect((await shipJson([], { cwd, env })).report).toMatchObject({ status: 'succeeded' });
    expect(await version()).toBe('v2');
  };
  const itEnds = async () => {
    const { cwd, env, write, version, kill } = await heldBySomebody(backend);
    write('v2', SLOW);
    await kill();

    expect((await ship(['doctor'], { cwd, env })).stdout).toContain('infra: the state is not locked');
    expect((await shipJson([], { cwd, env })).report).toMatchObject({ status: 'succeeded' });
    expect(await version()).toBe('v2');
  };
  if (backend.stays) real(`${killed}it is told as well, and it stays until somebody forces it`, itStays, 90_000);
  else real(`${killed}it is gone with it`, itEnds, 90_000);
});
