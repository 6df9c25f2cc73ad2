import { type ConfigOverrides, openKernel } from '@ship/config';
import { parseDuration, type Report } from '@ship/core';
import { emptyReport, type Interaction, type Kernel } from '@ship/core/kernel';
import { localExecutorWith } from '@ship/exec';
import { configFile, type Flags } from './arguments.js';
import { errors } from './errors.js';
import { BUILTINS, DEFAULTS, importModule } from './plugin-modules.js';
import type { Interrupts } from './process.js';
import type { Terminal } from './terminal.js';

/** How a kernel is opened. */
interface Opening {
  /** Who can be asked; nobody when absent. */
  readonly interaction?: Interaction;
  /** Variables of what is deployed need not be set: not so for who deploys. */
  readonly lenient?: boolean;
  /** Hears of each program that is started outside a run. */
  readonly announce?: (program: string) => void;
}

/** Opens the kernel for what only reads. Should a driver or a plugin start a program for that, such as `terraform version`, it is said, once. */
export function openToRead(terminal: Terminal, flags: Flags, opening: Pick<Opening, 'lenient'> = {}): Promise<Kernel> {
  const { line, paint } = terminal;
  const said = new Set<string>();
  const announce = (program: string) => {
    if (!said.has(program)) line(paint.dim(`- starts ${program}`));
    said.add(program);
  };
  return openFromFlags(terminal, flags, { ...opening, announce });
}

/** Opens the kernel that the flags ask for. From then on the terminal masks what its config calls a secret. */
export async function openFromFlags(
  terminal: Terminal,
  flags: Flags,
  { interaction = {}, lenient = true, announce }: Opening = {},
): Promise<Kernel> {
  const { colours } = terminal;
  const kernel = await openKernel({
    cwd: process.cwd(),
    ...configFile(flags),
    env: process.env,
    lenient,
    overrides: overridesOf(flags),
    flags: { auto_rollback: flags.autoRollback, no_auto_rollback: flags.noAutoRollback, no_rollback: flags.noRollback },
    forceRollback: flags.forceRollback,
    yes: flags.yes,
    lockWaitMs: lockWaitOf(flags),
    builtins: BUILTINS,
    defaults: DEFAULTS,
    importModule,
    local: localExecutorWith({ colours }),
    runAction: 'shell/run',
    interaction,
    ...(announce && { announce }),
    withoutJournal: flags.withoutJournal,
  });
  terminal.mask(kernel.redactor);
  return kernel;
}

function overridesOf({ env, lane, rollbackTimeout }: Flags): ConfigOverrides {
  return {
    ...(env === undefined ? {} : { environment: env }),
    ...(lane === undefined ? {} : { lane }),
    ...(rollbackTimeout === undefined ? {} : { rollback_timeout: rollbackTimeout }),
  };
}

/** How long a run waits for the lease: `--lock-wait`, else `SHIP_LOCK_WAIT`, else not at all. */
function lockWaitOf({ lockWait }: Pick<Flags, 'lockWait'>, env: NodeJS.ProcessEnv = process.env): number {
  const text = lockWait ?? (env.SHIP_LOCK_WAIT || undefined);
  if (text === undefined) return 0;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  const name = lockWait === undefined ? 'SHIP_LOCK_WAIT' : '--lock-wait';
  throw errors.SHIP_USAGE({
    problem: `${name} ${JSON.stringify(text)}: this is not a duration`,
    hint: 'Write a number with its unit, such as `2m` or `90s`.',
  });
}

/** How questions are asked: on a terminal where somebody sits, and nowhere else. */
export async function interactionOn(terminal: Terminal, interrupts: Pick<Interrupts, 'signal' | 'interrupt'>): Promise<Interaction> {
  if (!terminal.interactive) return {};
  const { promptingInteraction } = await import('./prompts.js');
  return promptingInteraction(interrupts, terminal);
}

/** The report of a verb that ran nothing, for the environment that it was asked of. */
export function answerOf({ config: { project, environment } }: Kernel, verb: string, fields: Partial<Report>): Report {
  return { ...emptyReport(verb, new Date()), project, environment, ...fields };
}
