import { type Harness, type HarnessOptions, harness } from '@ship/testing';
import { type AnyAction, definePlugin, type Plugin, type PluginScope, type Report, type ShipEvent } from '../src/index.js';
import type { JournalEntry } from '../src/journal/entries.js';
import { parseJournal } from '../src/journal/journal.js';

/** A plugin in one line. */
export const plugin = (name: string, apply: (ship: PluginScope) => void, more: Partial<Plugin> = {}): Plugin =>
  definePlugin({ name, ship: '^1', apply, ...more });

/** The plugin `t` with actions, of which a function alone is the `run`. */
export function actions(named: Record<string, AnyAction | AnyAction['run']>): Plugin {
  return plugin('t', (ship) => {
    for (const [name, action] of Object.entries(named)) ship.action(name, typeof action === 'function' ? { run: action } : action);
  });
}

/** A `run` that fails. */
export const fail = (): never => {
  throw new Error('fails on purpose');
};

/** Actions that write down what happens to them: `ok` can be undone, `fail` throws. */
export function recording(log: string[]): Record<string, AnyAction> {
  const action = (run: AnyAction['run']): AnyAction => ({
    run(ctx, input, before) {
      log.push(`run ${ctx.step.id}`);
      return run(ctx, input, before);
    },
    restore(ctx) {
      log.push(`undo ${ctx.step.id}`);
    },
  });
  return { ok: action(() => null), fail: action(fail) };
}

/** A run that rolls back by itself. */
export const rollingBack = (options: HarnessOptions): Promise<Harness> =>
  harness({ ...options, flags: { auto_rollback: true, ...options.flags } });

export const steps = (...lines: string[]): string => `steps:\n${lines.map((line) => `  - { ${line} }`).join('\n')}`;

export async function journalOf({ store }: Harness, report: Report): Promise<readonly JournalEntry[]> {
  const key = `runs/${report.environment}/${report.run}/journal.jsonl`;
  return parseJournal((await store.get(key))!.value, key).entries;
}

export const ofType = <T extends ShipEvent['type']>(events: readonly ShipEvent[], type: T) =>
  events.filter((event): event is Extract<ShipEvent, { type: T }> => event.type === type);
