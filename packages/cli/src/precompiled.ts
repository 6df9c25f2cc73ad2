import type { KernelOptions } from '@ship/core/kernel';

/** Schemas of our own plugins, compiled ahead of time; the build puts them here. None when run from the sources. */
export const precompiled: NonNullable<KernelOptions['precompiled']> = () => undefined;
