import { messageOf } from '../../errors/ship-error.js';
import { byOrder } from '../../ids.js';
import { readJournal } from '../../journal/journal.js';
import { foldJournal, type RunState, reportedResources, versionsIn } from '../../journal/state.js';
import type { Kernel } from '../../kernel.js';
import type {
  ComponentConfig,
  ComponentState,
  Context,
  EnvironmentStatus,
  History,
  LeaseHolder,
  ListedRun,
  NewestRun,
  Page,
  Report,
  RunStatus,
} from '../../types/index.js';
import { readDeployed, readReport, runIds, timeOf } from '../environment-state.js';
import { didWithout } from '../verdict.js';
import { isUnfinished, lastRun } from './past-run.js';

const NOTHING = { command_line: null, by: null, kept: [], orphans: [] };

/** The last runs of the environment, newest first. One that cannot be read says so, and hides no other. */
export async function listRuns(kernel: Kernel, { limit = 20, before }: Page = {}): Promise<ListedRun[]> {
  const holder = await holderOf(kernel);
  const ids = (await runIds(kernel)).filter((run) => before === undefined || byOrder(run, before) < 0);
  const listed: ListedRun[] = [];
  for (const run of ids.slice(0, limit)) listed.push(await pastRun(kernel, run, holder));
  return listed;
}

/** What happened in the environment, for plugins. */
export function historyOf(kernel: Kernel, context: () => Context): History {
  const { redactor, config, registry } = kernel;
  return {
    runs: async (page) => redactor.redactDeep(await listRuns(kernel, page)),
    report: (run) => readReport(kernel, run),
    status: async () => redactor.redactDeep(await environmentStatus(kernel)),
    snapshots: async (page = {}) => (await registry.snapshots?.page(config.environment, page)) ?? [],
    live: async () => redactor.refer(await describeComponents(kernel, Object.values(config.components), context())),
  };
}

/** What is live of each component, asked side by side; those that were never deployed are absent. */
export async function describeComponents(
  { registry }: Kernel,
  components: readonly ComponentConfig[],
  ctx: Context,
): Promise<Record<string, ComponentState>> {
  const describe = async (each: ComponentConfig) => [each.name, await registry.drivers.get(each.driver)?.describe(ctx, each)] as const;
  const described = await Promise.all(components.map(describe));
  return Object.fromEntries(described.flatMap(([name, state]) => (state ? [[name, state]] : [])));
}

/** Who deploys, what is deployed, how the last run ended, and whether it waits to be recovered. */
export async function environmentStatus(kernel: Kernel): Promise<EnvironmentStatus> {
  const problems: string[] = [];
  const orNull = (problem: unknown) => {
    problems.push(messageOf(problem));
    return null;
  };
  const holder = (await kernel.store.leaseOwner(kernel.config.environment).catch(orNull)) ?? null;
  const deployed = await readDeployed(kernel).catch(orNull);
  const [newest] = await runIds(kernel);
  const last_run = newest === undefined ? null : await newestRun(kernel, newest, holder);
  if (last_run?.problem !== undefined) problems.push(last_run.problem);
  const recover = await waitsForRecover(kernel, holder).catch(orNull);
  return { holder, deployed, last_run, recover, problems: [...new Set(problems)] };
}

/** A lease that cannot be read is no reason to show nothing of the past. */
const holderOf = async ({ store, config }: Kernel): Promise<LeaseHolder | null> =>
  (await store.leaseOwner(config.environment).catch(() => null)) ?? null;

/** The report has all that is listed, and is quicker to read. Only where there is none the journal is folded. */
async function pastRun(kernel: Kernel, run: string, holder: LeaseHolder | null): Promise<ListedRun> {
  const report = await readReport(kernel, run);
  if (report) return ofReport(run, report);
  return readJournal(kernel.store, kernel.config.environment, run).then(
    ({ entries }) => ofJournal(run, foldJournal(entries), holder),
    (problem: unknown) => unreadable(run, problem),
  );
}

async function newestRun(kernel: Kernel, run: string, holder: LeaseHolder | null): Promise<NewestRun> {
  const report = await readReport(kernel, run);
  try {
    const { entries } = await readJournal(kernel.store, kernel.config.environment, run);
    const state = foldJournal(entries);
    const started = entries.find((entry) => entry.type === 'run-started');
    const by = started === undefined ? null : { user: started.owner.user, host: started.owner.host, pid: started.owner.pid };
    const { kept, orphans } = report?.resources ?? reportedResources(state.resources);
    const past = report ? ofReport(run, report) : ofJournal(run, state, holder);
    return { ...past, command_line: started?.command ?? null, by, kept, orphans };
  } catch (problem) {
    if (!report) return { ...unreadable(run, problem), ...NOTHING };
    const { kept, orphans } = report.resources;
    return { ...ofReport(run, report), ...NOTHING, kept, orphans, problem: messageOf(problem) };
  }
}

function ofReport(run: string, report: Report): ListedRun {
  const { command, status, duration_ms, failure, errors, rollback, versions } = report;
  const why = status === 'succeeded' ? null : (failure?.message ?? errors[0]?.message ?? null);
  const components = rollback?.components ?? [];
  const from = components.flatMap(({ name, from }) => (from === null ? [] : [[name, from]]));
  const back = Object.fromEntries(components.map(({ name, to }) => [name, to]));
  const known = { versions: { ...Object.fromEntries(from), ...versions }, back, without: didWithout(report) };
  return { run, command, ...given(report.reason), ...known, status, started_at: timeOf(run), duration_ms, reason: why };
}

const given = (reason: string | undefined) => (reason === undefined ? {} : { given_reason: reason });

function ofJournal(run: string, state: RunState, holder: LeaseHolder | null): ListedRun {
  const isRunning = state.status === undefined && mayRun(run, holder);
  const status = state.status ?? (isRunning ? 'running' : 'interrupted');
  const started_at = timeOf(run);
  // Nobody knows when a process died.
  const until = isRunning ? Date.now() : Date.parse(state.finishedAt ?? '');
  return {
    run,
    command: verbIn(state.command),
    ...given(state.reason),
    versions: versionsIn(state),
    back: Object.fromEntries([...state.expected].map(([name, live]) => [name, live?.version ?? null])),
    without: [...state.tolerated],
    status,
    started_at,
    duration_ms: Number.isNaN(until) ? null : Math.max(0, until - Date.parse(started_at)),
    reason: status === 'succeeded' || status === 'running' ? null : reasonIn(state),
  };
}

/** Why a run without a report did not succeed: its failure, that of a step, or that nothing ended it. */
function reasonIn({ failure, steps, status }: RunState): string {
  const step = [...steps.values()].find(({ error }) => error !== undefined);
  const ended = status === undefined ? 'its process ended before it did' : 'it left no report';
  return failure?.message ?? step?.error?.message ?? ended;
}

const unreadable = (run: string, problem: unknown): ListedRun => ({
  run,
  command: null,
  versions: {},
  back: {},
  without: [],
  status: 'unknown',
  started_at: timeOf(run),
  duration_ms: null,
  reason: null,
  problem: messageOf(problem),
});

/** The verb of a command line: of the words that change an environment the first; what only has flags deploys. */
function verbIn(commandLine: string | undefined): string | null {
  if (commandLine === undefined) return null;
  const [, verb] = /^ship (rollback|resume|recover)\b/.exec(commandLine) ?? [];
  return verb ?? (/ --rollback-to\b/.test(commandLine) ? 'rollback' : 'deploy');
}

const WAITS: Partial<Record<RunStatus, string>> = {
  interrupted: 'it was interrupted: what it did stands as it is',
  refused: 'its rollback was refused: everything stands as it is',
  rollback_incomplete: 'its rollback is incomplete',
};

/** The run that `ship recover` would take up. One whose holder may be alive is under way. */
async function waitsForRecover(kernel: Kernel, holder: LeaseHolder | null): Promise<EnvironmentStatus['recover']> {
  const past = await lastRun(kernel);
  if (past === undefined || !isUnfinished(past.state) || mayRun(past.id, holder)) return null;
  return { run: past.id, reason: WAITS[past.state.status ?? 'interrupted'] ?? 'what it did stands as it is' };
}

const mayRun = (run: string, holder: LeaseHolder | null): boolean => holder?.run === run && holder.liveness !== 'dead';
