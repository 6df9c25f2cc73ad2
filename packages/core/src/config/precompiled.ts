import type { SchemaValidator } from './schema-validator.js';

/**
 * Validators by the `$id` of their schema. None when run from the sources: `scripts/build.mjs` writes those of the config
 * and of our own plugins over what `tsc` makes of this file, because to load ajv and to compile them takes 100 ms of a start.
 */
export const precompiled: ReadonlyMap<string, SchemaValidator> = new Map();
