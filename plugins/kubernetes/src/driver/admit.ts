import type { ComponentState, Finding } from '@ship/core';
import { nameOf } from '@ship/kube';
import { foundNow, keptOf, missingClaims } from './restore.js';
import { formName, type KubectlState, type Site } from './site.js';

/** Can it come back? That its images can still be pulled nobody can see from here. */
export async function admit(site: Site, state: ComponentState<KubectlState>): Promise<Finding[]> {
  const { settings, name } = site;
  const { driver } = state;
  const block = (rule: string, message: string): Finding => ({ level: 'block', rule, message: `${name}: ${message}` });
  const { context, namespace } = settings.where;
  if (driver.context !== context || driver.namespace !== namespace)
    return [block('kubectl-place', `it was in ${driver.context}/${driver.namespace}, and the config says ${context}/${namespace}`)];
  if (driver.form !== formName(settings))
    return [block('kubectl-place', `it was ${driver.form}, and the config says ${formName(settings)}`)];
  try {
    const kept = await keptOf(site, state);
    return missingClaims(await foundNow(site, kept), kept).map((each) =>
      block('kubectl-volume', `${nameOf(each)} is gone, and what was written into it nobody has kept`),
    );
  } catch (error) {
    return [block('kubectl-kept', (error as Error).message)];
  }
}
