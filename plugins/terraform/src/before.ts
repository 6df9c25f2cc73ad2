import { join } from 'node:path';
import type { Objects, StepContext } from '@ship/core';
import type { Applied, AppliedRecords, Configuration } from './applied.js';
import type { Move } from './plan-document.js';
import type { Options, Stack } from './stack.js';

/** What was there before, and what is about to be applied. */
export type Before = {
  /** Of the state; null where there was none. */
  readonly lineage: string | null;
  readonly serial: number | null;
  /** What was managed. */
  readonly addresses: string[];
  /** What is taken on by this, and was there before. */
  readonly imports?: string[];
  /** What is given another address by this. */
  readonly moves?: Move[];
  /** The key of the state as it was pulled, for the day on which nothing else is left of it. */
  readonly state: string | null;
  /** What ship applied here before. */
  readonly applied: Applied | null;
  readonly next: Configuration;
  /** Would it change anything? */
  readonly differs: boolean;
};

/** What came of it. */
export type Result = { readonly summary: string; readonly serial: number | null };

/** What both actions share with the plugin. */
export interface Parts {
  readonly options: Options;
  readonly objects: Objects;
  readonly records: AppliedRecords;
}

/** Who applies: the run and the step. */
export const byOf = ({ run, step }: StepContext): string => `${run}/${step.id}`;
/** Made by `capture`, applied by `run`. It holds values, so it lies where nobody else can read. */
export const planFileOf = ({ home }: Stack): string => join(home, 'next.tfplan');
