import type { Finding } from '@ship/core';
import { runsAtDestroy } from '../files/modules.js';
import { unindexed } from '../tool/address.js';
import type { PlanDocument } from '../tool/plan-document.js';
import type { RollbackTarget } from './target.js';

/** What of a plan is looked at. */
type Looked = Pick<PlanDocument, 'changes' | 'moves'>;

/** The block of a resource in the configuration of now: what was renamed since has its old address in the plan. */
const blockNow = (address: string, { moves }: Pick<Looked, 'moves'>): string =>
  unindexed(moves.find(({ to }) => to === address)?.from ?? address);

/** What provisioners do is seen by no state: what runs again, and what of it stays. A line each. */
export function outsideOfState({ configuration, live, destroy }: RollbackTarget, plan: Looked): string[] {
  const { changes } = plan;
  return changes.flatMap(({ address, kind }) => {
    const block = unindexed(address);
    const own = configuration.provisioners[block] ?? [];
    const later = destroy ? own : (live?.provisioners[blockNow(address, plan)] ?? own);
    const isNew = (each: string) => !own.includes(each);
    // What is made anew may have run something when it was destroyed; what is destroyed runs it now.
    const again = kind === 'create' || kind === 'replace' ? own : kind === 'delete' ? own.filter(runsAtDestroy) : [];
    const stays =
      kind === 'delete'
        ? later.filter((each) => !runsAtDestroy(each))
        : kind === 'replace'
          ? later.filter(isNew)
          : kind === 'create'
            ? later.filter((each) => runsAtDestroy(each) && isNew(each))
            : [];
    const said = [...again, ...stays.map((each) => `${each}, which stays as it has left it`)];
    return said.length === 0 ? [] : [`${address} (${said.join(', ')})`];
  });
}

/** The finding for it. */
export const outsideFinding = (dir: string, lines: readonly string[]): Finding[] =>
  lines.length === 0
    ? []
    : [
        {
          level: 'warn',
          rule: 'outside-of-state',
          message: `${dir}: provisioners work outside of the state, which nobody can read back or prove: ${lines.join('; ')}`,
        },
      ];

/** Does only what was applied since say how this is destroyed: by a provisioner that runs then, or by a provider that only it configures? */
export const destroyedByLiveAlone = (target: RollbackTarget, address: string): boolean =>
  hasNewDestroy(target, address) || hasNewProvider(target, address);

export function hasNewDestroy(
  { configuration, live }: RollbackTarget,
  address: string,
  plan: Pick<Looked, 'moves'> = { moves: [] },
): boolean {
  const block = blockNow(address, plan);
  const own = (configuration.provisioners[unindexed(address)] ?? []).filter(runsAtDestroy);
  return (live?.provisioners[block] ?? []).filter(runsAtDestroy).some((each) => !own.includes(each));
}

function hasNewProvider({ configuration, live }: RollbackTarget, address: string): boolean {
  const added = (live?.configures ?? []).filter((each) => !configuration.configures.includes(each));
  const modules = added.map((each) => /^(?:module\.[^.]+\.)*/.exec(each)![0]);
  return modules.some((module) => unindexed(address).startsWith(module));
}
