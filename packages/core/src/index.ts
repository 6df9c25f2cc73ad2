export { defineErrors, type ErrorCatalogue, type ErrorDefinition } from './errors/define.js';
export { type ErrorExtras, isShipError, ShipError } from './errors/ship-error.js';
export type { FailureNotice, HookKind, HookName, PluginHooks, RollbackRequest, RunContext, RunOutcome, StepGate } from './hooks.js';
export { definePlugin, type Plugin, type PluginScope, type SnapshotProvider } from './plugins/define.js';
export type * from './types/index.js';
