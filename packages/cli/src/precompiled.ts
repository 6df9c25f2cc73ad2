import type { KernelOptions } from '@ship/core/kernel';

/** Schemas of our own plugins, compiled ahead of time; the build puts them here. Empty when run from the sources. */
export const PRECOMPILED: NonNullable<KernelOptions['precompiled']> = {};
