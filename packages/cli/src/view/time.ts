/** A duration as people read it: `12ms`, `3.4s`, `2m 05s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}

/** How long ago a timestamp is: `45s`, `12m`, `2h 15m`, `3d 4h`. */
export function ago(timestamp: string, now = Date.now()): string {
  const minutes = Math.floor(Math.max(0, now - Date.parse(timestamp)) / 60_000);
  if (minutes < 1) return `${Math.floor(Math.max(0, now - Date.parse(timestamp)) / 1000)}s`;
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}
