export { groupAlive, signalGroup } from '@ship/core/process';
export { commandLine, shellCommand, shellQuote } from './command.js';
export { fromContext } from './context.js';
export { execErrors } from './errors.js';
export { execute } from './execute.js';
export { type CommandFailed, type FailureKind, isCommandFailed } from './failure.js';
export { lastLines } from './text.js';
export type { Argv, ExecResult, ExecuteOptions } from './types.js';
