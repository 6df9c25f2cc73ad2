import { afterAll } from 'vitest';
import { isFull } from './size.js';

/** Counts, shown as a table when the tests of the file have ended: `npm run test:crash` is read for them. */
export function figuresOf<T extends Record<string, number>>(title: string, figures: T): T {
  afterAll(() => {
    if (!isFull) return;
    console.log(title);
    console.table(figures);
  });
  return figures;
}
