/** A lock as Terraform reports it; empty is what the backend does not say. */
export interface LockInfo {
  readonly id: string;
  readonly who: string;
  /** What its owner does, such as `apply`. */
  readonly operation: string;
  /** As Terraform writes it. */
  readonly created: string;
}

/** A message of Terraform's own. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly detail: string;
  /** `main.tf:3`, where it is about a place. */
  readonly place?: string;
}

/** One line of the `-json` stream; undefined where it is none. */
export function readMessage(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? (message as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

interface RawDiagnostic {
  readonly severity?: string;
  readonly summary?: string;
  readonly detail?: string;
  readonly range?: { readonly filename?: string; readonly start?: { readonly line?: number; readonly column?: number } };
}

/** The diagnostics in the `-json` output of a command. */
export function diagnosticsIn(output: string): Diagnostic[] {
  return output.split('\n').flatMap((line) => {
    const message = readMessage(line);
    return message?.type === 'diagnostic' ? [diagnosticOf(message.diagnostic as RawDiagnostic)] : [];
  });
}

function diagnosticOf({ severity, summary = '', detail = '', range }: RawDiagnostic): Diagnostic {
  const { line, column } = range?.start ?? {};
  const place = range?.filename === undefined ? undefined : [range.filename, line, column].filter((part) => part !== undefined).join(':');
  return { severity: severity === 'warning' ? 'warning' : 'error', summary, detail, ...(place === undefined ? {} : { place }) };
}

/** The errors in what a command writes for people: a box with a summary, a place and a text. */
export function errorsInText(text: string): Diagnostic[] {
  const plain = text.replace(/^[\u2577\u2502\u2575] ?/gm, '');
  return plain
    .split(/^Error: /m)
    .slice(1)
    .map((block) => {
      const [summary = '', ...rest] = block.trim().split('\n');
      const [, file, line] = /^\s*on (\S+) line (\d+)/m.exec(block) ?? [];
      const detail = rest
        .filter((each) => !/^\s*on \S+ line \d+|^\s*\d+:/.test(each))
        .join('\n')
        .trim();
      return { severity: 'error' as const, summary, detail, ...(file === undefined ? {} : { place: `${file}:${line}` }) };
    });
}

/** One line for an error: where, what, and why. */
export function oneLine({ summary, detail, place }: Diagnostic): string {
  const why = detail.replace(/\s*\n\s*/g, ' ').trim();
  return `${place === undefined ? '' : `${place}: `}${summary}${why === '' || why === summary ? '' : ` (${why})`}`;
}

const LOCK_FIELD = /^\s*(ID|Path|Operation|Who|Created):[^\S\n]*(.*)$/gm;
const NOBODY_KNOWN = { who: '', operation: '', created: '' };

/**
 * The lock that kept a command from its work, which began at `since`; undefined where it was none. Some backends, such as
 * `http` and `pg`, report the lock that the command wanted itself: that is newer than the command, and lies nowhere yet. They
 * report it in the same way when they could not even ask.
 */
export function lockIn({ summary, detail }: Diagnostic, since = 0): LockInfo | undefined {
  if (!/state lock|workspace lock/i.test(summary) || !detail.includes('Lock Info')) return undefined;
  const fields = Object.fromEntries([...detail.matchAll(LOCK_FIELD)].map(([, name, value]) => [name, value!.trim()]));
  // Texts for people are wrapped, between any two words.
  const [isHeld, held] = /already\s+locked(?::\s+ID=(\S+))?/i.exec(detail) ?? [];
  const { ID = '', Path = '', Who = '', Operation = '', Created = '' } = fields;
  if (held !== undefined && held !== ID) return { id: held, ...NOBODY_KNOWN };
  const isWanted = held === undefined && Path === '' && since > 0 && timeOf(Created) >= since;
  if (isWanted) return isHeld === undefined ? undefined : { id: '', ...NOBODY_KNOWN };
  return { id: ID, who: Who, operation: Operation.replace(/^OperationType/, '').toLowerCase(), created: Created };
}

/** Who holds it, since when, and for what, as far as the backend says. */
export function lockedBy(lock: LockInfo): string {
  const { id, who, operation } = lock;
  const details = who === '' ? '' : `, ${lockAge(lock)}${operation === '' ? '' : `, for ${operation}`}`;
  return `locked by ${who || 'somebody whom the backend does not name'}${details}${id === '' ? '' : ` (lock ${id})`}`;
}

/** How long ago that was, as far as is known. */
export function lockAge({ created }: LockInfo, now = Date.now()): string {
  const since = timeOf(created);
  if (Number.isNaN(since)) return created === '' ? 'for an unknown time' : `since ${created}`;
  const seconds = Math.max(0, Math.round((now - since) / 1000));
  if (seconds < 120) return `for ${seconds} s`;
  return seconds < 7200 ? `for ${Math.round(seconds / 60)} min` : `for ${Math.round(seconds / 3600)} h`;
}

/** `2026-11-26 12:58:16.327126197 +0000 UTC`, as Go writes a time, in milliseconds. */
const timeOf = (created: string): number =>
  Date.parse(
    created
      .replace(/ UTC$/, '')
      .replace(/(\.\d{3})\d*/, '$1')
      .replace(/ ([+-]\d{2})(\d{2})$/, '$1:$2')
      .replace(' ', 'T'),
  );
