import { describe, it } from 'vitest';

/** What a promise is checked with. */
export interface Trial {
  /** Ends the test: what is under test does not have this. */
  skip(note: string): never;
}

/** Promises by their sentence, each with what throws where it is not kept. */
export type Promises = Readonly<Record<string, (trial: Trial) => Promise<void>>>;

/** Makes a test of each promise. */
export function testPromises(name: string, promises: Promises): void {
  describe(name, () => {
    for (const [sentence, check] of Object.entries(promises)) it(sentence, ({ skip }) => check({ skip }));
  });
}

/** What the journal would hand back: a value that has been written and read. */
export function journalled<T>(value: T): T {
  return (value === undefined ? null : JSON.parse(JSON.stringify(value))) as T;
}
