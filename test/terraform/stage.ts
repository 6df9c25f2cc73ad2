import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { startFilesProvider } from '../services/terraform-provider.js';
import { startStateServer } from '../services/terraform-state.js';
import { runProgram, shipJson, temporaryFolder } from '../support/ship.js';
import { type Case, type Event, type Stack, usualConfig } from './case.js';
import { readTree, removeFiles, type Tree, writeTree } from './tree.js';
import { freshPlan, readWorld, type ShipStack, stacksOf, stateFile, type World } from './world.js';

/** How a command of ship ended. */
export type Shipped = Awaited<ReturnType<typeof shipJson>>;

/** What was there at a moment. */
export interface Moment {
  readonly world: World;
  readonly files: Tree;
  /** What git says of the repository, where there is one. */
  readonly git: string;
}

/** A moment that must come again, with the stacks that there were. */
export interface Remembered extends Moment {
  readonly shipStacks: readonly ShipStack[];
  readonly env: Record<string, string>;
}

/** A project in which a case happens. */
export interface Stage {
  readonly project: string;
  /** Does one thing. What ends otherwise than the case says is an error. */
  happen(event: Event): Promise<void>;
  /** Runs the command that is judged. */
  ship(args: readonly string[]): Promise<Shipped>;
  now(): Moment;
  remembered(): Remembered;
  /** Puts the files of a moment back, the remembered one, and asks Terraform alone about each stack that was deployed then. */
  plans(of?: Remembered): Promise<Record<string, string>>;
  /** Locks of states that somebody left. */
  locks(): string[];
}

/** The commit, the branch, what differs from it, what is staged or stashed. */
const GIT_FACTS = 'git rev-parse HEAD; git branch -a; git status --porcelain; git diff --cached; git stash list';

const NOT_OF_THE_PROJECT = /(?:^|\/)(?:\.speckit|\.git|terraform\.tfstate\.d)(?:\/|$)|^world(?:\/|$)|\.tfstate[^/]*$/;

export async function openStage(given: Case): Promise<Stage> {
  // A folder below: a case may have something beside its project.
  const project = join(temporaryFolder(), 'project');
  const inside = join(project, given.in ?? '');
  for (const folder of [join(project, 'world'), inside]) mkdirSync(folder, { recursive: true });
  const server = given.http === true ? await startStateServer() : undefined;
  const fill = (text: string) =>
    text
      .replaceAll('@PROJECT@', project)
      .replaceAll('@WORLD@', join(project, 'world'))
      .replaceAll('@STATE@', server?.url ?? '@STATE@');
  const always: Record<string, string> = {
    CHECKPOINT_DISABLE: '1',
    WORLD: join(project, 'world'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    ...(given.provider === true ? (await startFilesProvider()).env : {}),
    ...given.env,
  };
  let env = always;
  const run = async (command: string) => {
    const byHand = { ...env, TF_DATA_DIR: join(project, '../by-hand') };
    const { code, stdout, stderr } = await runProgram(['bash', '-euc', command], { cwd: project, env: byHand });
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${stdout}${stderr}`);
  };
  if (given.git === true) {
    await run('git init -q -b main && git config user.email dev@example.test && git config user.name dev');
    writeFileSync(join(project, '.git/info/exclude'), '.speckit/\nworld/\n*.tfstate\n*.tfstate.*\nbroken\n');
  }

  let config = given.ship ?? usualConfig(given.terraform ?? { dir: 'infra' });
  let put: readonly string[] = [];
  let remembered: Remembered | undefined;

  const putVersion = async (version: string) => {
    const tree = treeOf(join(given.folder, version), fill);
    removeFiles(
      project,
      put.filter((path) => tree[path] === undefined),
    );
    writeTree(project, tree);
    put = Object.keys(tree);
    if (tree[join(given.in ?? '', 'ship.yaml')] === undefined) writeFileSync(join(inside, 'ship.yaml'), fill(config));
    if (given.git === true) await run(`git add -A && git commit -q --allow-empty -m ${version}`);
  };
  const shipStacks = () => stacksOf(readText(inside, 'ship.yaml')).map((stack) => ({ ...stack, dir: join(given.in ?? '', stack.dir) }));
  const worldStacks = (): readonly Stack[] => given.stacks ?? remembered?.shipStacks ?? shipStacks();
  const now = (): Moment => ({
    world: readWorld(project, worldStacks(), server?.state ?? ''),
    files: readTree(project, (path) => NOT_OF_THE_PROJECT.test(path)),
    git:
      given.git === true
        ? execFileSync('bash', ['-c', GIT_FACTS], { cwd: project, encoding: 'utf8', env: { ...process.env, ...env } })
        : '',
  });
  const ship = (args: readonly string[]) =>
    shipJson(
      args.map((arg) => (arg === 'first' ? oldestSnapshot(inside) : arg)),
      { cwd: inside, env },
    );
  const mustShip = async (args: readonly string[], succeed: boolean) => {
    const ended = await ship(args);
    if ((ended.code === 0) !== succeed) throw new Error(`ship ${args.join(' ')}: exit ${ended.code}\n${ended.stderr}`);
  };

  const memory = (): Remembered => {
    if (remembered === undefined) throw new Error('nothing was remembered yet');
    return remembered;
  };

  return {
    project,
    ship,
    now,
    remembered: memory,
    async happen(event) {
      if (event === 'ship') await mustShip([], true);
      else if (event === 'remember') remembered = { ...now(), shipStacks: shipStacks(), env };
      else if (event === 'break') writeFileSync(join(inside, 'broken'), '');
      else if (event === 'mend') rmSync(join(inside, 'broken'));
      else if ('put' in event) await putVersion(event.put);
      else if ('ship' in event) await mustShip(event.ship, true);
      else if ('fails' in event) await mustShip(event.fails, false);
      else if ('env' in event) env = { ...always, ...event.env };
      else if ('run' in event) await run(fill(event.run));
      else if ('delete' in event) rmSync(join(project, event.delete), { recursive: true });
      else {
        config = usualConfig(event.terraform);
        writeFileSync(join(inside, 'ship.yaml'), fill(config));
      }
    },
    async plans(of = memory()) {
      const { files, world, shipStacks, env: then } = of;
      if (Object.keys(world.resources).length + Object.keys(world.outputs).length === 0) return {};
      const there = now().files;
      removeFiles(
        project,
        Object.keys(there).filter((path) => files[path] === undefined),
      );
      writeTree(project, files);
      if (given.before_plan !== undefined) await run(given.before_plan);
      const plans: Record<string, string> = {};
      for (const stack of shipStacks) plans[stateFile(stack)] = await freshPlan(inside, { ...stack, dir: join(project, stack.dir) }, then);
      return plans;
    },
    locks() {
      const locked = Object.keys(readTree(project, (path) => /(?:^|\/)\.speckit(?:\/|$)/.test(path))).filter((path) =>
        /\.lock\.info$/.test(path),
      );
      return server === undefined || server.lock === '' ? locked : [...locked, server.lock];
    },
  };
}

const readText = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');

/** The files of a version, with the addresses filled in. */
function treeOf(folder: string, fill: (text: string) => string): Tree {
  if (!existsSync(folder)) throw new Error(`${basename(folder)} is not a folder of this case`);
  return Object.fromEntries(
    Object.entries(readTree(folder)).map(([path, entry]) => {
      const bytes = Buffer.from(entry.content, 'base64');
      const filled = /@(?:PROJECT|WORLD|STATE)@/.test(bytes.toString('latin1')) ? Buffer.from(fill(bytes.toString())) : bytes;
      return [path, { ...entry, content: filled.toString('base64') }];
    }),
  );
}

function oldestSnapshot(folder: string): string {
  const [oldest] = readdirSync(join(folder, '.speckit/snapshots/default'))
    .filter((name) => /^snapshot-.*\.json$/.test(name))
    .sort();
  if (oldest === undefined) throw new Error('there is no snapshot');
  return oldest.replace('.json', '');
}
