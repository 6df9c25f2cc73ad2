const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The pattern of durations such as `250ms`, `30s`, `5m`. */
export const DURATION_PATTERN = '^[0-9]+(ms|s|m|h)$';

/** `30s` to 30000. The schema has checked the text. */
export function milliseconds(text: string): number {
  const [, amount = '0', unit = 's'] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  return Number(amount) * (UNITS[unit] ?? 1000);
}
