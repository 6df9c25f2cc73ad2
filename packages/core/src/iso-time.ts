/**
 * ISO 8601 in UTC, to the millisecond, as `toISOString` writes it. V8's own looks up the time zone of the system first,
 * of which it makes no use: that takes a quarter of a millisecond at each start.
 */
export function isoTime(time: Date = new Date()): string {
  const year = time.getUTCFullYear();
  if (!(year >= 1000 && year <= 9999)) return time.toISOString();
  const day = `${year}-${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())}`;
  const ms = String(time.getUTCMilliseconds()).padStart(3, '0');
  return `${day}T${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}.${ms}Z`;
}

const two = (number: number): string => (number < 10 ? `0${number}` : `${number}`);
