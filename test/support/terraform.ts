import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnv, runProgram, SHIP, temporaryFolder } from './ship.js';

/** One stack with a database, and a check that can be broken. */
export const CONFIG = `version: 1
project: shop
environments: { staging: {}, production: {} }
default_environment: staging
plugins: [{ terraform: { dir: infra, stateful: [terraform_data.db] } }]
steps: [{ id: infra, uses: terraform/apply }]
verify: { smoke: [{ run: test ! -e broken }] }
`;

/** The infrastructure of a version: a database, an app, a module beside it. */
const main = (version: string, more = '') => `
resource "terraform_data" "db" {
  input            = "data"
  triggers_replace = ["first"]
}
resource "terraform_data" "app" { input = "${version}" }
module "net" {
  source = "../modules/net"
  name   = "${version}"
}
output "version" { value = terraform_data.app.output }
${more}
`;

const NET = 'variable "name" {}\nresource "terraform_data" "net" { input = var.name }\n';

export const BAD =
  'resource "terraform_data" "bad" {\n  depends_on = [terraform_data.app]\n  provisioner "local-exec" { command = "exit 7" }\n}\n';

export interface Shop {
  readonly cwd: string;
  write(version: string, more?: string): void;
  state(): { serial: number; lineage: string; outputs: Record<string, { value: unknown }>; resources: { type: string; name: string }[] };
  /** What a plan that knows nothing of ship says of the configuration that is there. */
  freshPlan(version: string, more?: string): Promise<string>;
}

export function shop(config = CONFIG, backend = ''): Shop {
  const cwd = temporaryFolder();
  for (const folder of ['infra', 'modules/net']) mkdirSync(join(cwd, folder), { recursive: true });
  writeFileSync(join(cwd, 'ship.yaml'), config);
  writeFileSync(join(cwd, 'modules/net/main.tf'), NET);
  const write = (version: string, more = '') => writeFileSync(join(cwd, 'infra/main.tf'), `${backend}${main(version, more)}`);
  return {
    cwd,
    write,
    state: () => JSON.parse(readFileSync(join(cwd, 'infra/terraform.tfstate'), 'utf8')),
    async freshPlan(version, more) {
      write(version, more);
      const env = { TF_DATA_DIR: join(cwd, 'fresh'), CHECKPOINT_DISABLE: '1' };
      const at = { cwd: join(cwd, 'infra'), env };
      await runProgram(['terraform', 'init', '-input=false'], at);
      return (await runProgram(['terraform', 'plan', '-no-color', '-input=false', '-lock=false'], at)).stdout;
    },
  };
}

export const snapshots = (cwd: string): string[] =>
  readdirSync(join(cwd, '.speckit/snapshots/staging'))
    .filter((name) => /^snapshot-.*\.json$/.test(name))
    .map((name) => name.replace('.json', ''))
    .sort();

export const NO_CHANGES = 'No changes. Your infrastructure matches the configuration.';

/** Runs ship, and kills it, and its tool if that is asked for, once something is true. */
export async function killedOnce(cwd: string, isTime: () => boolean, { tool = false } = {}): Promise<void> {
  const child = spawn(process.execPath, [SHIP], { cwd, env: cleanEnv(), stdio: 'ignore' });
  await until(isTime);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  if (tool) for (const pgid of groupsOf(cwd)) process.kill(-pgid, 'SIGKILL');
}

/** The process groups that work in a folder of this test. */
export function groupsOf(cwd: string): number[] {
  const groups = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TF_DATA_DIR=${cwd}`)) return [];
        return [Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[2])];
      } catch {
        return [];
      }
    });
  return [...new Set(groups)];
}

export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 25_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error('waited for too long');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function filesWith(folder: string, texts: readonly string[]): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter((name) => {
    const path = join(folder, name);
    return statSync(path).isFile() && texts.some((text) => readFileSync(path, 'latin1').includes(text));
  });
}
