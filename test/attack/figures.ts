import { afterAll } from 'vitest';

/** What was tried in an area, and what of it was not as it has to be: `npm run test:attack` shows a line for each. */
export interface Attempts {
  /** Counts one, and whatever it throws. */
  attempt<T>(work: () => T | Promise<T>): Promise<T>;
}

/** Counts the attempts of a file of tests, and shows them when it has ended. */
export function attemptsIn(area: string): Attempts {
  const counts = { tried: 0, bad: 0 };
  afterAll(() => {
    if (process.env.SHIP_TEST_ATTACK === '1') console.table({ [area]: counts });
  });
  return {
    async attempt(work) {
      counts.tried += 1;
      try {
        return await work();
      } catch (error) {
        counts.bad += 1;
        throw error;
      }
    },
  };
}
