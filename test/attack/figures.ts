import { appendFileSync } from 'node:fs';
import { afterAll } from 'vitest';

/** What was tried in an area, and what of it was not as it has to be: `npm run test:attack` shows a line for each. */
export interface Attempts {
  /** Counts one, and whatever it throws. */
  attempt<T>(work: () => T | Promise<T>): Promise<T>;
}

/** Counts the attempts of a file of tests, for the table of `run.mjs`. */
export function attemptsIn(area: string): Attempts {
  const counts = { tried: 0, bad: 0 };
  afterAll(() => {
    appendFileSync(process.env.SHIP_TEST_ATTACK!, `${JSON.stringify({ area, ...counts })}\n`);
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
