import { readMessage } from './diagnostics.js';

/** One message of a plan or an apply, as a person reads it. */
export interface Progress {
  readonly type: 'planned' | 'started' | 'completed' | 'errored' | 'told' | 'other';
  readonly text: string;
  /** The resource that it is about. */
  readonly address?: string;
}

const TYPES: Readonly<Record<string, Progress['type']>> = {
  planned_change: 'planned',
  apply_start: 'started',
  apply_complete: 'completed',
  apply_errored: 'errored',
  apply_progress: 'told',
  provision_start: 'told',
  provision_progress: 'told',
  provision_errored: 'told',
  resource_drift: 'told',
  change_summary: 'told',
  state_lock_acquire: 'told',
  diagnostic: 'told',
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
