import type { StepContext } from '@ship/core';
import { readMessage } from '../tool/diagnostics.js';

/** One message of a plan or an apply, as a person reads it. */
export interface Progress {
  readonly type: 'planned' | 'started' | 'completed' | 'errored' | 'reported' | 'other';
  readonly text: string;
  /** The resource that it is about. */
  readonly address?: string;
}

const TYPES: Readonly<Record<string, Progress['type']>> = {
  planned_change: 'planned',
  apply_start: 'started',
  apply_complete: 'completed',
  apply_errored: 'errored',
  apply_progress: 'reported',
  provision_start: 'reported',
  provision_progress: 'reported',
  provision_errored: 'reported',
  resource_drift: 'reported',
  change_summary: 'reported',
  state_lock_acquire: 'reported',
  diagnostic: 'reported',
};

/** Reads a line of the `-json` stream. */
export function progressIn(line: string): Progress | undefined {
  const message = readMessage(line);
  if (message === undefined || typeof message['@message'] !== 'string') return undefined;
  const about = (message.hook ?? message.change) as { readonly resource?: { readonly addr?: string } } | undefined;
  const address = about?.resource?.addr;
  return {
    type: TYPES[String(message.type)] ?? 'other',
    text: message['@message'],
    ...(address === undefined ? {} : { address }),
  };
}

/** Names the entry about the apply as a whole. All others are named by addresses, which have a dot. */
const APPLY = 'apply';

/**
 * Keeps in the journal what an apply has begun and finished. When Terraform is killed, its state may not know a resource
 * that it was about to make; the journal does, as far as Terraform had reported it.
 */
export class ApplyProgress {
  #written: Promise<unknown> = Promise.resolve();

  constructor(private readonly ctx: StepContext) {}

  /** From here on the step may have changed something. */
  begin(): Promise<void> {
    return this.ctx.progress(APPLY, 'started');
  }

  /** Notes a resource without waiting for the disk: the journal keeps the order of the calls. */
  note({ type, address }: Progress): void {
    if (address === undefined || (type !== 'started' && type !== 'completed' && type !== 'errored')) return;
    this.#written = Promise.all([this.#written, this.ctx.progress(address, type)]);
    // `written` rejects with it.
    this.#written.catch(() => {});
  }

  /** Resolves when everything that was noted is durable. */
  async written(): Promise<void> {
    await this.#written;
  }

  /** Nothing of the apply is open any more: it was completed, or restored. */
  end(): Promise<void> {
    return this.ctx.progress(APPLY, 'completed');
  }
}

/** What the apply of this step has begun and not finished; undefined where none is open. */
export function unfinished({ progressed }: StepContext): string[] | undefined {
  const { [APPLY]: apply, ...resources } = progressed;
  if (apply !== 'started') return undefined;
  return Object.keys(resources).filter((address) => resources[address] === 'started');
}
