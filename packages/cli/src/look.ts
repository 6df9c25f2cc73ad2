import type { DeployedVersion, Finding } from '@ship/core';
import type { Live } from '@ship/core/kernel';

/** Whatever of it is not as it should be, in words, by component. */
export function wrongWith(live: Live, deployed: DeployedVersion | null): Readonly<Record<string, string>> {
  const wrong = Object.entries(live).flatMap(([name, { version, healthy, problem }]) => {
    const recorded = deployed?.components[name];
    if (problem !== undefined) return [[name, problem] as const];
    if (version === null && recorded !== undefined) return [[name, `nothing is live, and ${recorded} is what was deployed`] as const];
    if (version !== null && recorded !== undefined && version !== recorded)
      return [[name, `${version} is live, and ${recorded} is what was deployed last with success`] as const];
    return healthy === false ? [[name, `${version} does not serve`] as const] : [];
  });
  return Object.fromEntries(wrong);
}

/** What `ship doctor` says of it, where no plugin has said more. */
export function lookFindings(live: Live, deployed: DeployedVersion | null, found: readonly Finding[]): Finding[] {
  const said = (name: string) => found.some(({ level, message }) => level !== 'info' && message.startsWith(`${name}: `));
  return Object.entries(wrongWith(live, deployed))
    .filter(([name]) => !said(name))
    .map(([name, message]) => ({ level: 'warn', rule: 'live', message: `${name}: ${message}` }));
}
