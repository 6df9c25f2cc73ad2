export { execErrors } from './errors.js';
export { commandLine, type ExecuteOptions, execute, localExecutor, localExecutorWith, shellCommand, shellQuote } from './execute.js';
export { type CommandFailed, type FailureKind, isCommandFailed } from './failure.js';
export { lastLines } from './lines.js';
