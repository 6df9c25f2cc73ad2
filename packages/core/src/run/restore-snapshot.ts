import { errors } from '../errors/catalogue.js';
import type { ComponentConfig, ComponentReport, ComponentState, Json, RollbackReport, Snapshot } from '../types/index.js';
import { bounded } from './bounded.js';
import { contextOf } from './contexts.js';
import { describeLive } from './proof.js';
import type { Deadline, Undone } from './rollback.js';
import type { Session } from './session.js';

/** Makes every component as the snapshot has it, dependents first. One that fails does not keep the others from theirs. */
export async function restoreSnapshot(session: Session, snapshot: Snapshot, deadline: Deadline): Promise<Undone> {
  const components: ComponentReport[] = [];
  const remaining: RollbackReport['remaining'][number][] = [];
  const expected = new Map<string, ComponentState | null>();
  for (const component of [...session.plan.components].reverse()) {
    const state = snapshot.components[component.name];
    if (state === undefined) continue;
    const report = await restoreComponent(session, component, state, Math.max(1, deadline()));
    components.push(report);
    expected.set(component.name, state);
    if (report.error) remaining.push({ what: component.name, command: `ship --rollback-to ${snapshot.id}`, error: report.error });
  }
  return { components, remaining, expected };
}

async function restoreComponent(
  session: Session,
  component: ComponentConfig,
  state: ComponentState,
  timeoutMs: number,
): Promise<ComponentReport> {
  const started = performance.now();
  const { name } = component;
  session.emit({ type: 'undo-started', what: name });
  const driver = session.kernel.registry.drivers.get(component.driver)!;
  let from: string | null = null;
  let fields: Pick<ComponentReport, 'status' | 'error'>;
  try {
    if (session.signal.aborted) throw session.signal.reason;
    await session.lease.check();
    const before = await describeLive(session, component, timeoutMs);
    from = before?.version ?? null;
    await session.journal.append({
      type: 'component-intent',
      component: name,
      before: (before ?? null) as Json,
      target: state as unknown as Json,
    });
    const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: name, timeoutMs });
    const restored = await bounded({ timeoutMs, parent: session.signal, timedOut, stuck: timedOut }, (signal) =>
      driver.restore(contextOf(session, signal, name), component, session.resolveSecrets(state)),
    );
    await session.journal.append({ type: 'component-restored', component: name, changed: restored.changed });
    fields = { status: restored.changed ? 'restored' : 'unchanged' };
  } catch (error) {
    const problem = session.reported(error, name);
    session.journal.note({ type: 'component-failed', component: name, error: problem });
    fields = { status: 'failed', error: problem };
  }
  const duration_ms = Math.round(performance.now() - started);
  const status = fields.status === 'failed' ? 'failed' : 'undone';
  const detail = fields.error?.message ?? `${from ?? 'nothing'} -> ${state.version}`;
  session.emit({ type: 'undo-finished', what: name, status, detail, duration_ms });
  return { name, from, to: state.version, ...fields, duration_ms };
}
