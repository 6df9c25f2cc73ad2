import type { Output, ProcessIdentity } from '@ship/core';

/** A command and its arguments. No shell reads them. */
export type Argv = readonly [string, ...string[]];

/** An environment, or what is laid over one: `undefined` takes a variable away. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** How a command is executed. */
export interface ExecuteOptions {
  /** The working folder; the one of this process when absent. */
  readonly cwd?: string | undefined;
  /** Taken for the environment of this process. Reading the real one is slow, so who starts many commands hands it in. */
  readonly baseEnv?: Variables | undefined;
  /** Laid over the environment of this process; `undefined` takes a variable away. */
  readonly env?: Variables | undefined;
  /** What the command reads on stdin. Nothing when absent: the command sees the end at once. */
  readonly input?: string | undefined;
  /** Ends the command and everything in its process group. */
  readonly signal?: AbortSignal | undefined;
  /** The command's own deadline. */
  readonly timeoutMs?: number | undefined;
  /** The pause after SIGINT before SIGTERM, and after SIGTERM before SIGKILL. Default 5000. */
  readonly killGraceMs?: number | undefined;
  /** `combined` keeps the order of both streams and puts all into `stdout`. Default `separate`. */
  readonly output?: 'combined' | 'separate' | undefined;
  /** How much of each stream is kept: its head and its tail. Default 1 MiB. */
  readonly maxBytes?: number | undefined;
  /** Is handed whole lines while the command runs: redacted, decoded, without control sequences. */
  readonly onOutput?: ((output: Output) => void) | undefined;
  /** Is told at once about the process. If it throws, the command is ended. */
  readonly onSpawn?: ((process: ProcessIdentity) => void) | undefined;
  /** Replaces secrets in everything but the result's own `stdout` and `stderr`. */
  readonly redact?: ((text: string) => string) | undefined;
  /** The exit codes that count as success. Default `[0]`. */
  readonly okExitCodes?: readonly number[] | 'any' | undefined;
}

/** What a command left behind. */
export interface ExecResult {
  readonly command: Argv;
  readonly exitCode: number;
  readonly signal: null;
  /** Exactly what the command wrote, UTF-8 decoded, not redacted; the middle is missing if `truncated`. */
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly durationMs: number;
  readonly pid: number;
}

/** How a process ended, before anybody judged it. */
export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Why ship ended a command. */
export type EndedBy = 'timeout' | 'aborted';
