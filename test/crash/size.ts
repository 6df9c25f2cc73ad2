/** `npm run test:crash` asks for the whole; `npm test` for as much as fits a minute. */
export const isFull = process.env.SHIP_CRASH_SIZE === 'full';

/** One of two sizes. */
export const sized = (inShort: number, inFull: number): number => (isFull ? inFull : inShort);
