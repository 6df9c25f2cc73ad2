import { errors } from '../errors/catalogue.js';
import type { ComponentConfig, ComponentReport, ComponentState, Json, RollbackReport, Snapshot } from '../types/index.js';
import { bounded } from './bounded.js';
import { contextOf } from './contexts.js';
import { describeLive } from './proof.js';
import { restoreParts } from './restore-parts.js';
import type { Deadline, Undone } from './rollback.js';
import type { Session } from './session.js';
import { sideBySide } from './side-by-side.js';

/**
 * Makes the environment as the snapshot has it, or one component of it: first what the components stand on, then these,
 * dependents first and side by side where they are independent. What fails does not keep the others from theirs.
 */
export async function restoreSnapshot(session: Session, snapshot: Snapshot, deadline: Deadline, only?: string): Promise<Undone> {
  const { parts, remaining } = only === undefined ? await restoreParts(session, snapshot, deadline) : { parts: [], remaining: [] };
  const components: ComponentReport[] = [];
  const left: RollbackReport['remaining'][number][] = [...remaining];
  const dependentsFirst = session.plan.components.filter(({ name }) => only === undefined || name === only).reverse();
  const dependents = ({ name }: ComponentConfig) => dependentsFirst.filter(({ depends_on }) => depends_on.includes(name));
  await sideBySide(dependentsFirst, dependents, session.kernel.config.max_parallel, async (component) => {
    const state = snapshot.components[component.name];
    if (state === undefined) return;
    const report = await restoreComponent(session, component, state, Math.max(1, deadline()));
    components.push(report);
    session.takenBack.set(component.name, state);
    if (report.error) left.push({ what: component.name, command: commandFor(snapshot, only), error: report.error });
  });
  return { components, remaining: left, parts };
}

const commandFor = ({ id }: Snapshot, only: string | undefined): string =>
  only === undefined ? `ship --rollback-to ${id}` : `ship --rollback-component ${only} --rollback-to ${id}`;

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
