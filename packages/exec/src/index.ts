export { groupAlive, signalGroup } from '@ship/core/process';
export { commandLine, fromContext, shellCommand, shellQuote } from './command.js';
export { execErrors } from './errors.js';
export { execute } from './execute.js';
export { type CommandFailed, type FailureKind, isCommandFailed } from './failure.js';
export { lastLines } from './lines.js';
export type { Argv, ExecResult, ExecuteOptions } from './types.js';
