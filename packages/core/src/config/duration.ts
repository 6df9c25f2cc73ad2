const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest duration: a timer of Node fires at once beyond 2^31 - 1 ms. */
const LONGEST_MS = 24 * 24 * UNITS.h!;

/** Milliseconds of `250ms`, `10s`, `1.5m` or `2h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const exact = Number(match[1]) * UNITS[match[2]!]!;
  // 1.1 * 1000 is not a whole number in floating point, but 1.1s is 1100 ms.
  const ms = Math.abs(exact - Math.round(exact)) < 1e-6 ? Math.round(exact) : exact;
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** What is wrong with a duration, and what helps; undefined where nothing is. */
export function durationProblem(value: unknown, options: { zero: boolean }): { reason: string; hint?: string } | undefined {
  if (typeof value === 'number') return numberProblem(value);
  if (typeof value !== 'string') return { reason: 'is not a duration' };
  const ms = parseDuration(value);
  if (ms === undefined) return textProblem(value);
  if (ms === 0 && !options.zero) return { reason: 'is no time at all', hint: 'Write a duration above zero, such as 10s.' };
  if (ms > LONGEST_MS) return { reason: 'is longer than 576h', hint: 'Write at most 576h.' };
  return undefined;
}

function numberProblem(value: number): { reason: string; hint?: string } {
  if (!Number.isFinite(value)) return { reason: 'is not a duration' };
  if (value < 0) return { reason: 'is a negative duration' };
  return { reason: 'is a number without a unit', hint: `Write ${value}s where seconds are meant, or a duration such as 5m or 250ms.` };
}

function textProblem(text: string): { reason: string; hint?: string } {
  if (/^-\d/.test(text)) return { reason: 'is a negative duration' };
  if (/^\d+$/.test(text))
    return { reason: 'is a number without a unit', hint: `Write ${text}s where seconds are meant, or a duration such as 5m or 250ms.` };
  return { reason: 'is not a duration' };
}
