import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Finding, PlanReview, Step } from '@ship/core';

/** Folders to release that are not there. A step before the deploy may still make them; where none comes before it, nothing does. */
export function missingFolders({ plan, positionOf }: PlanReview): Finding[] {
  return plan.steps.flatMap((step) => {
    const { component } = step;
    if (step.uses !== 'deploy' || component?.driver !== 'release') return [];
    const path = String(component.settings.path);
    if (statSync(resolve(plan.config.dir, path), { throwIfNoEntry: false })?.isDirectory()) return [];
    const message = `${component.name}: there is no folder ${path} to release${outlook(step)}`;
    const position = positionOf(['components', component.name, 'path']);
    return [{ level: step.needs.length === 0 ? 'warn' : 'info', rule: 'release-path', message, position } as const];
  });
}

const outlook = ({ id, needs }: Step): string =>
  needs.length === 0 ? `, and no step before ${id} could make it` : ` yet: a step before ${id} has to make it`;
