// What authors of plugins need. Who runs a kernel imports `@ship/core/kernel`.

export { type Printing, presentable } from '@ship/redact';
// Processes that are recognised after a crash, and groups of them that are ended with patience.
// Files that survive a crash.
export {
  bootId,
  endGroup,
  groupAlive,
  isAlive,
  makeFolder,
  markedProcesses,
  PIPE_FOLDER,
  processStartTime,
  type RecordedProcess,
  replaceFile,
  signalGroup,
  syncFolder,
} from '@ship/system';
export { durationSchema, inTime, parseDuration } from './deadline.js';
export { defineErrors, type ErrorCatalogue, type ErrorDefinition, type ErrorExtras, isShipError, ShipError } from './errors/ship-error.js';
export { suggest } from './errors/suggest.js';
export type {
  FailureNotice,
  HookKind,
  HookName,
  PlanReview,
  PluginHooks,
  RunOutcome,
  StepGate,
} from './hooks.js';
export { byOrder, fileTimestamp, orderedId, orderOf, sha256 } from './ids.js';
export { type Channels, definePlugin, type Plugin, type PluginScope, type SnapshotProvider } from './plugins/define.js';
export { overallVersion } from './run/environment-state.js';
export { isService, UNMARKED } from './run/leftovers.js';
export { userName } from './store/liveness.js';
export { MemoryStore } from './store/memory.js';
export type * from './types/index.js';
export { DEPENDENCY_KINDS, FAILURE_TYPES, LANES, SEVERITIES, SUITES, TRIGGERS } from './types/index.js';
