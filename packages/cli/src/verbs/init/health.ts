import { sourcesOf } from './files.js';

/** A path that the sources answer and whose name says that it is for checks. */
export function healthPath(folder: string): string | undefined {
  const named = /['"`](\/(?:api\/)?(?:healthz?|livez|readyz|_health|up|ping))['"`]/;
  const sources = sourcesOf(folder, ['.js', '.mjs', '.cjs', '.ts', '.mts', '.py', '.go', '.rb', '.rs']);
  return sources.map(({ text }) => named.exec(text)?.[1]).find((path) => path !== undefined);
}

/** What is asked after a deployment: the path for checks, or whether anybody accepts a connection. */
export const smokeOf = (port: number, path: string | undefined): string[] => [
  path === undefined
    ? `- { tcp: "127.0.0.1:${port}", retry: { times: 3 } } # better: { http: "http://127.0.0.1:${port}/", expect: { status: 200 } }`
    : `- { http: "http://127.0.0.1:${port}${path}", expect: { status: 200 }, retry: { times: 3 } }`,
];
