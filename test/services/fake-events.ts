import { type ClusterApi, unless } from './cluster-api.js';
import type { Pod } from './fake-pod.js';

/** Writes the events of pods, one after the other. One that was there before is counted, and not written again. */
export class FakeEvents {
  readonly #api: ClusterApi;
  readonly #signal: AbortSignal;
  readonly #guard: (work: Promise<unknown>) => Promise<unknown>;
  readonly #seen = new Map<string, { path: string; count: number }>();
  /** Settles when all are written. */
  written: Promise<unknown> = Promise.resolve();

  /** What fails goes to the guard. */
  constructor(api: ClusterApi, signal: AbortSignal, guard: (work: Promise<unknown>) => Promise<unknown>) {
    this.#api = api;
    this.#signal = signal;
    this.#guard = guard;
  }

  emit(pod: Pod, component: string, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    this.written = this.written.then(() => {
      if (!this.#signal.aborted) return this.#guard(this.#write(pod, component, type, reason, message, container));
    });
  }

  async #write(pod: Pod, component: string, type: string, reason: string, message: string, container?: string): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const key = `${uid} ${reason} ${message}`;
    const lastTimestamp = new Date().toISOString();
    const before = this.#seen.get(key);
    if (before) {
      before.count += 1;
      await unless([404], this.#api.call('PATCH', before.path, { count: before.count, lastTimestamp }));
      return;
    }
    const all = `/api/v1/namespaces/${namespace}/events`;
    const event = { name: `${name}.${Date.now().toString(16)}${this.#seen.size.toString(16)}`, namespace };
    this.#seen.set(key, { path: `${all}/${event.name}`, count: 1 });
    const fieldPath = container === undefined ? {} : { fieldPath: `spec.containers{${container}}` };
    const involvedObject = { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, ...fieldPath };
    const source = { component, ...(pod.spec.nodeName !== undefined && { host: pod.spec.nodeName }) };
    const counted = { count: 1, firstTimestamp: lastTimestamp, lastTimestamp };
    const body = { metadata: event, involvedObject, type, reason, message, source, ...counted };
    // Nothing can be written into a namespace that ends, or is gone.
    await unless([403, 404], this.#api.call('POST', all, body));
  }
}
