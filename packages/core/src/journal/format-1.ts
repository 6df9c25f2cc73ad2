import type { Entry } from './entries.js';

/** An entry as it was written before format 2, when each kind of thing had entries of its own. */
// biome-ignore lint/suspicious/noExplicitAny: what it holds differs from type to type, and stays as it was
type OldEntry = { readonly type: string } & Record<string, any>;

const KINDS: Readonly<Record<string, 'step' | 'component' | 'part' | 'resource'>> = {
  undo: 'step',
  undone: 'step',
  component: 'component',
  part: 'part',
  remove: 'resource',
  removed: 'resource',
};

/** Reads an entry of format 1 as one of format 2; one of format 2 stays as it is. */
export function upgraded(entry: Entry | OldEntry): Entry {
  const old = entry as OldEntry;
  if (old.type === 'intent' && old.act === undefined) return moved(old, { type: 'intent', act: 'run', kind: 'step', name: old.step });
  if (old.type === 'result' && old.kind === undefined) return moved(old, { type: 'result', kind: 'step', name: old.step });
  if (old.type === 'attempt-failed') return moved(old, { type: 'failed', act: 'run', retried: true, kind: 'step', name: old.step });
  if (old.type === 'step-failed') return moved(old, { type: 'failed', act: 'run', kind: 'step', name: old.step });
  const [, what = '', end] = /^(undo|undone|component|part|remove|removed)(?:-(intent|restored|failed))?$/.exec(old.type) ?? [];
  const kind = KINDS[what];
  if (kind === undefined) return entry as Entry;
  const type = end === 'intent' || end === 'failed' ? end : 'restored';
  const subject =
    kind === 'resource' ? { kind, name: old.resource.id, resource_type: old.resource.type, step: old.step } : { kind, name: old[kind] };
  return moved(old, { type, ...(type === 'restored' ? {} : { act: 'restore' }), ...subject });
}

function moved({ step: _step, resource: _resource, component, part: _part, ...rest }: OldEntry, now: object): Entry {
  const isOfStep = (now as OldEntry).type === 'intent' && (now as OldEntry).act === 'run' && component !== undefined;
  return { ...rest, ...(isOfStep ? { component } : {}), ...now } as unknown as Entry;
}
