// From a config file to a kernel. The kernel itself knows no file format and loads no module.
export { errors as configErrors } from './errors.js';
export type { ConfigOverrides } from './layers.js';
export { type LoadedConfig, type LoadOptions, loadConfig, peekConfig } from './load.js';
export { type OpenOptions, openKernel } from './open.js';
export type { BuiltinPlugins, ImportModule } from './plugins.js';
export { findConfig, PLACES } from './read.js';
export { JsonSchemaChecker } from './schema.js';
export { trustedPaths, writeTrusted } from './trust.js';
