import type { BuiltinPlugins, ImportModule } from '@ship/config';
import type { Plugin } from '@ship/core';

/** The plugins that come with the command. Each is loaded when a config uses it. */
export const BUILTINS: BuiltinPlugins = {
  git: () => import('@ship/plugin-git') as Promise<{ default: Plugin<never> }>,
  helm: () => import('@ship/plugin-helm') as Promise<{ default: Plugin<never> }>,
  hold: () => import('@ship/plugin-hold') as Promise<{ default: Plugin<never> }>,
  http: () => import('@ship/plugin-http') as Promise<{ default: Plugin<never> }>,
  'instant-rollback': () => import('@ship/plugin-instant-rollback') as Promise<{ default: Plugin<never> }>,
  kubernetes: () => import('@ship/plugin-kubernetes') as Promise<{ default: Plugin<never> }>,
  migrations: () => import('@ship/plugin-migrations') as Promise<{ default: Plugin<never> }>,
  'partial-rollback': () => import('@ship/plugin-partial-rollback') as Promise<{ default: Plugin<never> }>,
  prometheus: () => import('@ship/plugin-prometheus') as Promise<{ default: Plugin<never> }>,
  release: () => import('@ship/plugin-release') as Promise<{ default: Plugin<never> }>,
  shell: () => import('@ship/plugin-shell') as Promise<{ default: Plugin<never> }>,
  snapshots: () => import('@ship/plugin-snapshots') as Promise<{ default: Plugin<never> }>,
  terraform: () => import('@ship/plugin-terraform') as Promise<{ default: Plugin<never> }>,
};

/** Those that are on without being listed. */
export const DEFAULTS = ['shell', 'http', 'git', 'snapshots', 'partial-rollback', 'hold', 'prometheus'] as const;

let isForeign = false;

/** Whether a plugin of somebody else was loaded: it may begin what nobody waits for. */
export const hasForeignCode = (): boolean => isForeign;

const OWN_PACKAGES = /Cannot find package '@ship\/(core|exec|testing)'/;

/**
 * Imports the module of a plugin. Where the plugin lies outside any folder that has `@ship/core` installed,
 * as beside the config of a project without npm, it is given the copy that came with the command.
 */
export const importModule: ImportModule = async (url) => {
  isForeign = true;
  try {
    return await import(url);
  } catch (error) {
    if (!OWN_PACKAGES.test((error as Error).message)) throw error;
    const { register } = await import('node:module');
    register(new URL('./own-packages.mjs', import.meta.url));
    // Node remembers that the first attempt failed; another URL is another attempt.
    return import(`${url}?own-packages`);
  }
};
