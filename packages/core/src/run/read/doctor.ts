import { bounded } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf } from '../../errors/ship-error.js';
import type { Kernel } from '../../kernel.js';
import type { CommandContext, Examination, Finding, Json, LeaseHolder, Snapshot } from '../../types/index.js';
import { idleContext } from '../contexts.js';
import { compareParts } from '../rollback/snapshot-parts.js';
import { describeComponents, environmentStatus } from './history.js';
import { cutOffRun, goesBackFirst, neededSnapshots } from './past-run.js';

/** How long one examination may take. */
const EXAMINATION_TIMEOUT_MS = 60_000;

/** `ship doctor`: what keeps an environment from being deployed or taken back, asked of the kernel and of every plugin. Reads only. */
export async function examine(kernel: Kernel, signal: AbortSignal): Promise<Finding[]> {
  const context = commandContext(kernel, 'doctor', { signal, print: () => {}, annotate: () => {}, refuse: () => {} });
  const { examinations } = kernel.registry;
  const found = [...(await examineState(kernel)), ...kernel.diagnostics.all().map(({ message }) => finding('block', 'config', message))];
  for (const name of examinations.names()) found.push(...(await examineInTime(examinations.get(name)!, name, context)));
  return kernel.redactor.redactDeep(found);
}

/** What waits for its time, as plugins know of it. One that cannot say keeps no other from its turn. */
export async function waitingNow(kernel: Kernel): Promise<string[]> {
  const { examinations } = kernel.registry;
  const lines: string[] = [];
  for (const name of examinations.names())
    try {
      lines.push(...((await examinations.get(name)!.waiting?.(idleContext(kernel, name, undefined, true))) ?? []));
    } catch (error) {
      lines.push(`${name} could not be asked: ${messageOf(error)}`);
    }
  return kernel.redactor.redactDeep(lines);
}

const finding = (level: Finding['level'], rule: string, message: string): Finding => ({ level, rule, message });

/** One that fails keeps no other from its turn. */
async function examineInTime(examination: Examination, name: string, context: CommandContext): Promise<readonly Finding[]> {
  const timedOut = () => errors.SHIP_EXAMINATION_TIMEOUT({ name, timeoutMs: EXAMINATION_TIMEOUT_MS });
  const bounds = { timeoutMs: EXAMINATION_TIMEOUT_MS, parent: context.signal, timedOut, graceMs: 2_000 };
  try {
    return await bounded(bounds, (signal) => examination.examine({ ...context, signal }));
  } catch (error) {
    if (context.signal.aborted) throw context.signal.reason;
    return [finding('warn', name, `${name} could not be examined: ${(error as Error).message}`)];
  }
}

async function examineState(kernel: Kernel): Promise<Finding[]> {
  const { environment } = kernel.config;
  const { holder, recover, last_run, problems } = await environmentStatus(kernel);
  const spooled = kernel.spool.list();
  return [
    ...problems.map((problem) => finding('block', 'state', problem)),
    ...(holder === null ? [finding('info', 'lease', `${environment} is free`)] : [leaseFinding(environment, holder)]),
    ...(recover === null ? [] : [await recoverFinding(kernel, recover)]),
    ...(last_run?.orphans ?? []).map(({ type, id, commands = [] }) =>
      finding('warn', 'orphan', `${type} ${id} was left behind${commands[0] === undefined ? '' : `: ${commands[0]}`}`),
    ),
    ...(spooled.length === 0
      ? []
      : [finding('warn', 'spool', `${spooled.length} records wait in ${kernel.spool.folder}: \`ship state push\` brings them home`)]),
  ];
}

/** Also what `ship` would do beside it. */
async function recoverFinding(kernel: Kernel, { run, reason }: { readonly run: string; readonly reason: string }): Promise<Finding> {
  const past = await cutOffRun(kernel);
  const said = `run ${run}: ${reason}. \`ship recover\` finishes it`;
  if (past === undefined) return finding('warn', 'recover', said);
  if (goesBackFirst(kernel, past.state)) return finding('warn', 'recover', `${said}; \`ship\` alone would take it back first`);
  return finding('block', 'recover', `${said}; until then \`ship\` is refused, with SHIP_RECOVER_FIRST`);
}

function leaseFinding(environment: string, { user, host, pid, since, liveness, evidence, damaged }: LeaseHolder): Finding {
  if (damaged !== undefined)
    return finding('block', 'lease', `nobody can tell who holds ${environment}: ${evidence}. \`ship lock release\` moves it aside`);
  const held = `${environment} is held by ${user}@${host} (pid ${pid}) since ${since}`;
  const refused = 'Until then `ship` is refused, with exit status 5, unless `--lock-wait` waits for it';
  if (liveness === 'alive') return finding('block', 'lease', `${held}, who is at work: ${evidence}. ${refused}`);
  if (liveness === 'dead') return finding('warn', 'lease', `${held}, who is dead: ${evidence}. The next run takes the lease over`);
  return finding(
    'block',
    'lease',
    `${held}, and nobody can tell from here whether they live: ${evidence}. \`ship lock release\` frees it. ${refused}`,
  );
}

/** What a plugin's command answered; with an exit status where it refused. */
export interface CommandAnswer {
  readonly result: Json;
  readonly exitCode?: number;
}

/** Runs `ship <name> ...` of a plugin. What it answers and prints is redacted. */
export async function pluginCommand(
  kernel: Kernel,
  name: string,
  args: readonly string[],
  terminal: Omit<Asking, 'refuse'>,
): Promise<CommandAnswer> {
  const command = kernel.registry.commands.get(name);
  if (command === undefined) throw errors.SHIP_NAME_UNKNOWN({ kind: 'command', name, known: kernel.registry.commands.names() });
  let exitCode: number | undefined;
  const refuse = (code: number) => {
    exitCode = code;
  };
  const context = commandContext(kernel, `command ${name}`, { ...terminal, refuse });
  const result = kernel.redactor.redactDeep((await command.run(context, args)) ?? null);
  return { result, ...(exitCode === undefined ? {} : { exitCode }) };
}

type Asking = Pick<CommandContext, 'signal' | 'print' | 'annotate' | 'refuse' | 'reason'>;

/** What commands and examinations of plugins are given. What they print is redacted. */
function commandContext(kernel: Kernel, name: string, { signal, print, annotate, refuse, reason }: Asking): CommandContext {
  const idle = idleContext(kernel, name, signal, true);
  return {
    ...idle,
    config: kernel.config,
    components: kernel.config.components,
    ...(reason === undefined ? {} : { reason }),
    print: (text: string) => print(kernel.redactor.redact(text)),
    annotate: (each) => annotate({ ...each, message: kernel.redactor.redact(each.message) }),
    refuse,
    describeComponents: async () => kernel.redactor.refer(await describeComponents(kernel, Object.values(kernel.config.components), idle)),
    compareParts: (snapshot: Snapshot) => compareParts(kernel, snapshot, idle),
    neededSnapshots: () => neededSnapshots(kernel),
  };
}
