import { FAILURE_TYPES, type FailureType } from '../types/index.js';

/** Read top down; the first that matches the error's texts decides. */
const SIGNS: readonly (readonly [FailureType, RegExp])[] = [
  ['timeout', /\b(ETIMEDOUT|timed? ?out|deadline exceeded|SHIP_\w*TIMEOUT)\b/i],
  [
    'resource_exhaustion',
    /\b(ENOSPC|ENOMEM|EMFILE|ENFILE|EDQUOT|no space left|out of memory|oom-?killed|cannot allocate memory|disk quota)\b/i,
  ],
  [
    'network_error',
    /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|connection (refused|reset|closed)|could not resolve|no route to host|network is unreachable|TLS handshake|temporary failure in name resolution)\b/i,
  ],
  ['git_error', /(^|\n)\s*(fatal: |error: pathspec|CONFLICT \()|not a git repository/i],
  ['quality_gate_failure', /quality gate|lint(er|ing)? (failed|errors?)|coverage .*(below|threshold)/i],
  ['test_failure', /\b[1-9]\d* (tests? )?(failed|failing)\b|\bassertion ?error\b|\btests? failed\b/i],
];

/** What kind of failure an error is. An error that names its `failureType` is believed. */
export function classify(error: unknown): FailureType {
  const named = (error as { failureType?: unknown } | null)?.failureType;
  if (typeof named === 'string' && (FAILURE_TYPES as readonly string[]).includes(named)) return named as FailureType;
  const text = textOf(error);
  return SIGNS.find(([, sign]) => sign.test(text))?.[0] ?? 'unknown';
}

function textOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const cause = error.cause === undefined ? '' : textOf(error.cause, depth + 1);
  return [code, error.message, cause].filter(Boolean).join('\n');
}
