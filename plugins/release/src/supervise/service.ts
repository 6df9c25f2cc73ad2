import type { ProcessRecord, Release } from '../records.js';

/** The argv of a release: a list as it is, a text through the shell. */
export function commandOf({ run }: Pick<Release, 'run'>): readonly string[] {
  return typeof run === 'string' ? ['sh', '-c', run] : run;
}

/** The environment of a release's service: frozen with the release, but for the port. */
export function environmentFor(release: Release, { port, token }: ProcessRecord): Record<string, string> {
  const address = port === null ? {} : { HOST: '127.0.0.1', PORT: String(port) };
  const own = { SHIP_RELEASE: release.id, SHIP_VERSION: release.version, SHIP_RELEASE_TOKEN: token };
  return { ...release.inherited, ...release.env, ...address, ...own };
}
