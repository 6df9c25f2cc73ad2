import { existsSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasProgram } from '../services/started.js';
import { startFilesProvider } from '../services/terraform-provider.js';
import type { Event } from './case.js';
import { claimsSuccess, neverClaimsWhatIsNot } from './judge.js';
import { DRIFTS, type Example, examples, layExample } from './random.js';
import { openStage, type Remembered, type Shipped, type Stage } from './stage.js';
import { readable } from './tree.js';
import type { World } from './world.js';

/** The same examples each time, unless another seed is asked for: what is found by chance must not stop what did not cause it. One that failed is replayed by `SHIP_TEST_SEED=SEED:PATH`. */
const [SEED, PATH] = (process.env.SHIP_TEST_SEED ?? '8937025').split(':') as [string, string?];
const RUNS = PATH === undefined ? Number(process.env.SHIP_TEST_TERRAFORM_RUNS ?? 12) : 1;
const AT_ONCE = 2;
/** Says of each example how it ended. */
const TELLS = process.env.SHIP_TEST_TERRAFORM_TELL === '1';

/** How an example ended. `failed`: a version could not be deployed, and nothing had been done that could go back. */
type Ending = 'back' | 'refused' | 'incomplete' | 'failed';

interface Told {
  readonly ending: Ending;
  readonly seconds: number;
  readonly why: string;
}

it.skipIf(!hasProgram('terraform'))(
  `given random configurations (SHIP_TEST_SEED=${SEED}), when a run is taken back, then the world is as it was, or the report says that it is not`,
  { timeout: 120_000 + RUNS * 60_000 },
  async () => {
    const { env } = await startFilesProvider();
    const drawn = fc.sample(examples, { seed: Number(SEED), numRuns: RUNS, ...(PATH === undefined ? {} : { path: PATH }) });
    const told: Told[] = [];
    const faults: string[] = [];
    const waiting = [...drawn.entries()];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, example] = next;
        const name = `${SEED}:${PATH ?? index}`;
        const folder = mkdtempSync(join(tmpdir(), `ship-random-${name.replace(':', '-')}-`));
        try {
          const { ending, seconds, why } = await tried(example, folder, env);
          told.push({ ending, seconds, why });
          if (TELLS) console.log(`${name} ${ending} ${seconds.toFixed(1)} s: ${example.given} => ${why}`);
          rmSync(folder, { recursive: true, force: true });
        } catch (error) {
          faults.push(`SHIP_TEST_SEED=${name}, a case in ${folder}\n${example.given}\n${explained(error)}`);
          if (TELLS) console.log(`FAULT ${faults.at(-1)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const count = (ending: Ending) => told.filter((each) => each.ending === ending).length;
    const seconds = told.reduce((all, each) => all + each.seconds, 0) / Math.max(1, told.length);
    console.log(
      `SHIP_TEST_SEED=${SEED}: ${count('back')} went back, ${count('refused')} were refused, ${count('incomplete')} were incomplete, ` +
        `${count('failed')} could not be deployed, ${faults.length} were wrong; ${seconds.toFixed(1)} s each`,
    );
    expect(faults.join('\n\n')).toBe('');
    if (RUNS >= 10) expect(count('back') / RUNS, 'what always refuses proves nothing').toBeGreaterThanOrEqual(0.5);
  },
);

/** The message of an error, and what differs. */
function explained(error: unknown): string {
  const { message, actual, expected } = error as Error & { actual?: unknown; expected?: unknown };
  const lines = [actual, expected].map((each) => JSON.stringify(each, null, 1)?.split('\n') ?? []);
  const only = (one: readonly string[] = [], other: readonly string[] = []) => one.filter((line) => !other.includes(line)).join('\n');
  return `${message}\nis:\n${only(lines[0], lines[1])}\nand should be:\n${only(lines[1], lines[0])}`;
}

/** Lets an example happen, and judges how it ended. */
async function tried(example: Example, folder: string, env: Record<string, string>): Promise<Told> {
  const { provider: _, ...given } = layExample(folder, example);
  const begun = Date.now();
  // One provider serves all: each example has a world of its own.
  const stage = await openStage({ ...given, env: { ...env, ...given.env } });
  const remember = async () => {
    await stage.happen('remember');
    return stage.remembered();
  };
  let wanted: Remembered | undefined;
  let latest: Remembered | undefined;
  // Files that were put there after the last apply are not those that made what is there: then a plan has something to do.
  let isApplied = true;
  let isWantedApplied = true;
  const end = (ending: Ending, why: string): Told => {
    rmSync(join(stage.project, '..'), { recursive: true, force: true });
    return { ending, seconds: (Date.now() - begun) / 1_000, why };
  };
  for (const [index, event] of given.happens.entries()) {
    const isLast = index === given.happens.length - 1;
    if (typeof event === 'object' && 'put' in event) isApplied = false;
    else if (changesTheWorld(event)) isApplied = true;
    if (event === 'remember') {
      wanted = await remember();
      isWantedApplied = isApplied;
    } else if (isByHand(event)) {
      // What Terraform alone does not do says nothing of ship.
      const problem = await stage.happen(event).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (problem !== undefined) return end('failed', problem);
    } else if (wanted === undefined || !isOfShip(event)) {
      const bug = await stage.happen(event).then(() => undefined, bugOfTerraform);
      if (bug !== undefined) return end('failed', bug);
    } else {
      const args = typeof event === 'object' && 'ship' in event ? event.ship : ['--auto-rollback'];
      const before = { now: await remember(), times: timesOf(stage) };
      const ended = await stage.ship(args);
      if (isLast || ended.code !== 0) {
        // A version may fail although nobody wanted it to: then that run goes back, to what was there before it.
        const isOfLatest = event === 'ship';
        const memory = isOfLatest ? latest! : wanted;
        const ending = await judged({ example, stage, memory, isApplied: isOfLatest || isWantedApplied, before, ended, args });
        return end(ending, explanationOf(ended).join(' | '));
      }
    }
    if (changesTheWorld(event)) latest = await remember();
  }
  throw new Error('nothing was judged');
}

/** What Terraform itself calls a bug of its own is none of ship. */
function bugOfTerraform(error: Error): string {
  if (!error.message.includes('this is a bug in Terraform')) throw error;
  return 'a bug in Terraform';
}

const isByHand = (event: Event): event is { readonly run: string } => typeof event === 'object' && 'run' in event;
const isOfShip = (event: Event): boolean => event === 'ship' || (typeof event === 'object' && 'ship' in event);

/** What a state does not know of, a rollback takes back with the rest. */
const changesTheWorld = (event: Event): boolean => isOfShip(event) || (isByHand(event) && !event.run.startsWith(DRIFTS));

interface Judged {
  readonly example: Example;
  readonly stage: Stage;
  /** What must be there again. */
  readonly memory: Remembered;
  /** Its files are those that were applied. */
  readonly isApplied: boolean;
  readonly before: { readonly now: Remembered; readonly times: Record<string, number> };
  readonly ended: Shipped;
  readonly args: readonly string[];
}

async function judged({ example, stage, memory, isApplied, before, ended, args }: Judged): Promise<Ending> {
  const { report, code, stderr } = ended;
  const after = stage.now();
  const isBack = claimsSuccess(report);
  const isOfRun = args.includes('--auto-rollback');
  expect(readable(after.files), 'the files of the project changed').toEqual(readable(before.now.files));
  const times = Object.entries(timesOf(stage)).filter(([path, time]) => Math.abs(time - (before.times[path] ?? 0)) > 2);
  expect(times, 'the times of the files changed').toEqual([]);
  expect(after.git, 'the repository changed').toBe(before.now.git);
  expect(stage.locks(), 'a state is still locked').toEqual([]);
  for (const inside of ['.', example.in ?? ''])
    expect(existsSync(join(stage.project, inside, '.speckit/terraform/in-place')), 'other files are still in place').toBe(false);
  if (isBack) {
    // A run that could do nothing leaves what somebody had changed behind the back of the state.
    const isUntouched = isOfRun && report.rollback?.findings?.length === 0;
    const wanted = isUntouched ? before.now : memory;
    neverClaimsWhatIsNot(report, withoutNotes(after.world, example), withoutNotes(wanted.world, example));
    expect({ code, remaining: report.rollback?.remaining ?? [] }, stderr).toEqual({ code: isOfRun ? 1 : 0, remaining: [] });
    if (isUntouched) return 'failed';
    const notes = unnamed(example, { now: after.world, wanted: memory.world, before: isOfRun ? undefined : before.now.world }, ended);
    expect(notes, 'what provisioners did is not named').toEqual([]);
    if (isApplied)
      for (const [state, plan] of Object.entries(await stage.plans(memory))) expect({ [state]: plan }).toEqual({ [state]: 'No changes' });
    return 'back';
  }
  expect(code, stderr).not.toBe(0);
  expect(explanationOf(ended).join(), 'nothing is explained').not.toBe('');
  const isIncomplete = report.status === 'rollback_incomplete' || code === 4;
  if (isIncomplete) return 'incomplete';
  const isForwardDone = isOfRun && report.failure?.step === 'check';
  if (!isOfRun) expect(after.world, 'what was refused changed the world').toEqual(before.now.world);
  else if (isForwardDone)
    for (const [state, plan] of Object.entries(await stage.plans(before.now))) expect({ [state]: plan }).toEqual({ [state]: 'No changes' });
  return isOfRun && report.rollback === undefined ? 'failed' : 'refused';
}

/** A world without what provisioners wrote, which only findings speak of. */
const withoutNotes = (world: World, { writers }: Example): World => ({
  ...world,
  files: Object.fromEntries(Object.entries(world.files).filter(([path]) => !(path in writers))),
});

/** The world at the end, the one that it must be, and the one before a command that only goes back. */
interface Worlds {
  readonly now: World;
  readonly wanted: World;
  readonly before: World | undefined;
}

/** Files of provisioners that are not what they were, and of whose writers no finding speaks. */
function unnamed({ writers }: Example, { now, wanted, before }: Worlds, { report }: Shipped): string[] {
  const said = (report.rollback?.findings ?? []).filter(({ rule }) => rule === 'outside-of-state').map(({ message }) => message);
  const isThere = ({ resources }: World, names: readonly string[]) =>
    Object.keys(resources).some((address) => names.some((name) => isNamed(address, name)));
  return Object.entries(writers).flatMap(([note, names]) => {
    // What had come and gone before is none of the way back.
    const isOfOthers = before !== undefined && before.files[note] === now.files[note] && isThere(before, names) === isThere(wanted, names);
    const isSame = now.files[note] === wanted.files[note];
    if (isSame || isOfOthers || names.some((name) => isNamed(said.join(), name))) return [];
    return [`${note}: ${JSON.stringify(wanted.files[note])}, now ${JSON.stringify(now.files[note])}; said: ${said.join()}`];
  });
}

const isNamed = (text: string, name: string): boolean => new RegExp(`\\bterraform_data\\.${name}\\b`).test(text);

/** Why it did not go back, in the words of the report. */
function explanationOf({ report: { failure, errors = [], rollback } }: Shipped): string[] {
  const blocks = (rollback?.findings ?? []).filter(({ level }) => level === 'block');
  const remaining = (rollback?.remaining ?? []).map(({ error }) => error?.message);
  const all = [failure?.message, ...errors.map(({ message }) => message), ...blocks.map(({ message }) => message), ...remaining];
  return all.filter((message): message is string => typeof message === 'string' && message !== '');
}

/** When each file was changed last, in milliseconds. */
const timesOf = (stage: Stage): Record<string, number> =>
  Object.fromEntries(Object.keys(stage.now().files).map((path) => [path, Math.round(lstatSync(join(stage.project, path)).mtimeMs)]));
