import type { ImportModule } from '@ship/config';

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
