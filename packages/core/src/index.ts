export { type ConfigOverrides, loadConfig, parseDuration, suggest } from './config/index.js';
export { PLACES } from './config/places.js';
export { defineErrors, type ErrorCatalogue, type ErrorDefinition } from './errors/define.js';
export { formatPosition, toReported } from './errors/report.js';
export { type ErrorExtras, isShipError, ShipError } from './errors/ship-error.js';
export type { HookKind } from './hook-call.js';
export type {
  FailureNotice,
  HookName,
  PlanReview,
  PluginHooks,
  RollbackRequest,
  RunContext,
  RunOutcome,
  StepGate,
} from './hooks.js';
export { fileTimestamp, uniqueId } from './ids.js';
export { foldJournal, type RunState, type StepState } from './journal/fold.js';
export { type JournalContent, readJournal } from './journal/read.js';
export { type Interaction, type Kernel, type KernelOptions, openKernel } from './kernel.js';
export { definePlugin, type Plugin, type PluginScope, type SnapshotProvider } from './plugins/define.js';
export type { ImportModule } from './plugins/import-plugin.js';
export type { BuiltinPlugins } from './plugins/load.js';
export { type CompiledSchema, SchemaChecker } from './plugins/schema.js';
export { bootId, isAlive, processStartTime, type RecordedProcess } from './process-identity.js';
export { findSecrets, Redactor } from './redact.js';
export { questionsOf } from './run/consent.js';
export { overallVersion } from './run/deployed.js';
export { makePlan } from './run/make-plan.js';
export type { RunOptions } from './run/open-session.js';
export { pluginCommand } from './run/plugin-command.js';
export { preview } from './run/preview.js';
export { type RecoverOptions, recover, resume, rollbackLast } from './run/recover.js';
export { EXIT_CODES, emptyReport } from './run/report.js';
export { demandSnapshots, rollbackTo } from './run/rollback-to.js';
export { run } from './run/run.js';
export { FileStore } from './store/file.js';
export { MemoryStore } from './store/memory.js';
export { userName } from './store/owner.js';
export type * from './types/index.js';
export { FAILURE_TYPES, LANES, SUITES, TRIGGERS } from './types/index.js';
