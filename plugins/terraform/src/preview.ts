import { join } from 'node:path';
import type { Change, StepContext } from '@ship/core';
import type { Parts } from './before.js';
import { lineOf } from './judge.js';
import type { PlanDocument } from './plan-document.js';
import { type Options, type Stack, type StackInput, stackOf } from './stack.js';
import { holdsData } from './stateless.js';
import { findTool } from './tool.js';
import { openLive } from './work.js';

/** What an apply would change, and how each change would be undone. */
export async function previewed(ctx: StepContext, { options }: Parts, input: StackInput, destroy: boolean): Promise<Change[]> {
  const stack = stackOf(ctx, options, input);
  const bench = await openLive(ctx, stack, await findTool(ctx, options.binary));
  try {
    const { terraform, varFiles, folder } = bench;
    const plan = await terraform.plan({ out: join(folder, 'preview.tfplan'), varFiles, targets: stack.targets, destroy, locks: false });
    return plan.changes.length > 0 ? plan.changes.map((change) => judgedChange(change, options)) : [noResource(stack, plan)];
  } finally {
    bench.close();
  }
}

const noResource = ({ dir }: Stack, { differs, outputs }: PlanDocument): Change =>
  differs
    ? { kind: 'update', what: `outputs of ${dir}: ${outputs.join(', ')}` }
    : { kind: 'update', what: `nothing in ${dir}: unchanged`, undo: 'nothing' };

function judgedChange(change: PlanDocument['changes'][number], { stateful = [], stateless = [] }: Options): Change {
  const { kind, address } = change;
  const data = holdsData(change, { stateful, stateless, protected: [] }) ? ', which may hold data' : '';
  const undo = {
    create: `destroys ${address}${data}`,
    update: `updates ${address} back`,
    replace: `replaces ${address} again${data}`,
    delete: `creates ${address} anew${data === '' ? '' : ', without what it held'}`,
    forget: `takes ${address} on again`,
  }[kind];
  const what = lineOf(change).replace(/^\w+ /, '');
  return { kind: kind === 'forget' ? 'update' : kind, what, undo };
}

/** The reverse plan, as far as it can be told before there is anything to plan from. */
export function undoOf(changes: readonly Change[]): string {
  const undos = changes.flatMap(({ undo }: Change) => (undo === undefined ? [] : [undo]));
  const plan = undos.length === 0 || undos[0] === 'nothing' ? '' : `: ${undos.join('; ')}`;
  return `applies the configuration before again, if that destroys nothing that holds data${plan}`;
}
