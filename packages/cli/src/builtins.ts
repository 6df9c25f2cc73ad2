import type { BuiltinPlugins } from '@ship/config';
import type { Plugin } from '@ship/core';

/** The plugins that come with the command. Each is loaded when a config uses it. */
export const BUILTINS: BuiltinPlugins = {
  git: () => import('@ship/plugin-git') as Promise<{ default: Plugin<never> }>,
  'instant-rollback': () => import('@ship/plugin-instant-rollback') as Promise<{ default: Plugin<never> }>,
  'partial-rollback': () => import('@ship/plugin-partial-rollback') as Promise<{ default: Plugin<never> }>,
  prometheus: () => import('@ship/plugin-prometheus') as Promise<{ default: Plugin<never> }>,
  release: () => import('@ship/plugin-release') as Promise<{ default: Plugin<never> }>,
  shell: () => import('@ship/plugin-shell') as Promise<{ default: Plugin<never> }>,
  snapshots: () => import('@ship/plugin-snapshots') as Promise<{ default: Plugin<never> }>,
  terraform: () => import('@ship/plugin-terraform') as Promise<{ default: Plugin<never> }>,
};

/** Those that are on without being listed. */
export const DEFAULTS = ['shell', 'git', 'snapshots', 'partial-rollback', 'prometheus'] as const;
