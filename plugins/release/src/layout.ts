import { join } from 'node:path';

/** Where everything of one component stands. */
export interface Layout {
  readonly root: string;
  readonly releases: string;
  readonly processes: string;
  readonly logs: string;
  /** The symlink to the release that is live. */
  readonly current: string;
  readonly front: string;
  readonly frontLog: string;
  frontClaim(token: string): string;
  /** The folder of a release. */
  release(id: string): string;
  /** The copied tree. */
  app(id: string): string;
  releaseFile(id: string): string;
  manifest(id: string): string;
  /** Is there where the release was live once. */
  served(id: string): string;
  process(id: string): string;
  claim(id: string, token: string): string;
  log(id: string): string;
}

/** The paths under a root. */
export function layoutOf(root: string): Layout {
  const at = (...names: string[]) => join(root, ...names);
  return {
    root,
    releases: at('releases'),
    processes: at('processes'),
    logs: at('logs'),
    current: at('current'),
    front: at('front.json'),
    frontLog: at('logs', 'front.log'),
    frontClaim: (token) => at('processes', `front.${token}.claim`),
    release: (id) => at('releases', id),
    app: (id) => at('releases', id, 'app'),
    releaseFile: (id) => at('releases', id, 'release.json'),
    manifest: (id) => at('releases', id, 'manifest.json'),
    served: (id) => at('releases', id, 'served'),
    process: (id) => at('processes', `${id}.json`),
    claim: (id, token) => at('processes', `${id}.${token}.claim`),
    log: (id) => at('logs', `${id}.log`),
  };
}
