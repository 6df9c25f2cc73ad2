import type { Store } from '../types/index.js';
import { ForwardingStore } from './forwarding.js';

/** The store that the config chooses, for those who are set up before it is chosen. */
export class ChosenStore extends ForwardingStore {
  #store: Store | undefined;

  choose(store: Store): void {
    this.#store = store;
  }

  protected get behind(): Store {
    if (this.#store === undefined) throw new Error('the store was asked before all plugins were set up');
    return this.#store;
  }
}
