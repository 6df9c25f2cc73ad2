import { type ConfigOverrides, openKernel } from '@ship/config';
import type { Interaction, Kernel } from '@ship/core/kernel';
import { localExecutor } from '@ship/exec';
import type { Flags } from './arguments.js';
import { BUILTINS, DEFAULTS } from './builtins.js';
import { configFile } from './config-file.js';
import { importModule } from './import-module.js';
import { lockWaitOf } from './lock-wait.js';

/** Opens the kernel that the flags ask for. */
export async function openFromFlags(flags: Flags, interaction: Interaction = {}): Promise<Kernel> {
  const { file } = configFile(flags);
  return openKernel({
    cwd: process.cwd(),
    ...(file ? { file } : {}),
    env: process.env,
    overrides: overridesOf(flags),
    flags: { auto_rollback: flags.autoRollback, no_auto_rollback: flags.noAutoRollback, no_rollback: flags.noRollback },
    forceRollback: flags.forceRollback,
    yes: flags.yes,
    lockWaitMs: lockWaitOf(flags),
    builtins: BUILTINS,
    defaults: DEFAULTS,
    importModule,
    local: localExecutor,
    runAction: 'shell/run',
    interaction,
    withoutJournal: flags.withoutJournal,
  });
}

function overridesOf({ env, lane, rollbackTimeout }: Flags): ConfigOverrides {
  return {
    ...(env === undefined ? {} : { environment: env }),
    ...(lane === undefined ? {} : { lane }),
    ...(rollbackTimeout === undefined ? {} : { rollback_timeout: rollbackTimeout }),
  };
}
