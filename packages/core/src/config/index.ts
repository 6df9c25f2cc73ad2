export { answeredProblem } from './answered.js';
export { parseDuration } from './duration.js';
export { type LoadedConfig, loadConfig } from './load.js';
export type { ConfigOverrides } from './overrides.js';
export { checkPattern } from './pattern.js';
export { checkSections, type PositionOf } from './sections.js';
export { checkStateFolder } from './state-folder.js';
export { suggest } from './suggest.js';
export { deepFreeze } from './walk.js';
