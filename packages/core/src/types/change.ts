import type { Json } from './json.js';

/** What a step would do, for `--dry-run`. */
export interface Change {
  /** What would happen to it. `run`: a command, of which nobody knows what it touches. */
  readonly kind: 'create' | 'update' | 'replace' | 'delete' | 'run';
  /** What is touched, in words a person recognises. */
  readonly what: string;
  /** How this change alone would be undone, where that is known. */
  readonly undo?: string;
}

/** Something a step brought into being, so that it can be taken away again. */
export interface Resource {
  /** What kind of thing, such as `release` or `bucket`; its remover is registered by this name. */
  readonly type: string;
  /** Distinguishes it from others of its type. */
  readonly id: string;
  /** `created` by this step, `reused` where it was there before, `pending` before the call that makes it. Never removed: `reused`. */
  readonly provenance: 'created' | 'reused' | 'pending';
  /** Ties a `pending` one to the `created` one that has its id from elsewhere, such as a client token. */
  readonly correlation?: string;
  /** What its remover needs to know besides type and id. It is in the journal, so that it outlives a crash. */
  readonly delete?: Json;
  /** The commands a person would use to remove it, in their order. */
  readonly commands?: readonly string[];
  /** Where a person can look at it. */
  readonly console_url?: string;
  /** The part of the step's place that it is on, such as a host. Filled in where it is left out. */
  readonly target?: string;
}

/** The answer of a removal. `blocked`: something that still stands keeps it, and it is tried again. */
export interface Removal {
  /** Why it cannot be removed yet, such as `subnet-1 is still in it`. */
  readonly blocked?: string;
}
