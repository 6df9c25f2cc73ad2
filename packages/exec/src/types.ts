import type { ExecOptions, Output, ProcessIdentity } from '@ship/core';

/** How a command is executed: as an executor is asked, and what ties it to a context. */
export interface ExecuteOptions extends Omit<ExecOptions, 'onOutput'> {
  /** Taken for the environment of this process. Reading the real one is slow, so who starts many commands hands it in. */
  readonly baseEnv?: ExecOptions['env'];
  /** Ends the command and everything in its process group. */
  readonly signal?: AbortSignal | undefined;
  /** Is handed whole lines while the command runs: redacted, decoded, without control sequences. */
  readonly onOutput?: ((output: Output) => void) | undefined;
  /** Is given the process at once. If it throws, the command is ended. */
  readonly onSpawn?: ((process: ProcessIdentity) => void) | undefined;
  /** Replaces secrets in everything but the result's own `stdout` and `stderr`. */
  readonly redact?: ((text: string) => string) | undefined;
}

/** How a process ended, before anybody judged it. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Why ship ended a command. */
export type EndedBy = 'timeout' | 'aborted';
