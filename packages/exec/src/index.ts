export { commandLine, shellCommand, shellQuote } from './command.js';
export { execErrors } from './errors.js';
export { execute } from './execute.js';
export { type CommandFailed, type FailureKind, isCommandFailed } from './failure.js';
export { lastLines } from './lines.js';
export { localExecutor } from './local.js';
export type { ExecuteOptions } from './types.js';
