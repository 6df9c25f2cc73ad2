import { delimiter } from 'node:path';
import type { Context } from '@ship/core';
import { programsOf } from './known.js';

/** Tools of the project come first, as they do for its scripts. */
export const environmentOf = (
  { dir, env }: Pick<Context, 'dir' | 'env'>,
  more: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> => ({
  ...more,
  PATH: [...programsOf(dir), env.PATH].filter((each) => each !== undefined).join(delimiter),
});
