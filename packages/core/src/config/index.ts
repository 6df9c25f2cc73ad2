export { Diagnostics, type PositionOf } from './diagnostics.js';
export { checkStateFolder, PLACES } from './find.js';
export type { ConfigOverrides } from './layers.js';
export { type DraftConfig, draftConfig, type LoadedConfig, loadConfig } from './load.js';
export { checkSections, ROLLBACK_DEFAULTS } from './normalize.js';
export { type Dict, deepFreeze, isDict, type Path } from './paths.js';
export { kindOf, parseDuration, suggest } from './values.js';
