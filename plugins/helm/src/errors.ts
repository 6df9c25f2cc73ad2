import { defineErrors } from '@ship/core';

/** The codes of the plugin. */
export const errors = defineErrors({
  SHIP_HELM_MISSING: {
    exit: 3,
    message: (d: { problem: string }) => `Helm cannot be run: ${d.problem}`,
    hint: 'Install Helm 3 or 4, and kubectl, on the machine that runs the step.',
  },
  SHIP_HELM_COMMAND: {
    exit: 3,
    message: (d: { verb: string; release: string; problem: string }) => `helm ${d.verb} ${d.release}: ${d.problem}`,
    hint: 'These are the words of Helm; the whole output is in the log of the step.',
  },
  SHIP_HELM_PENDING: {
    exit: 3,
    message: (d: { release: string; status: string; revision: number; at: string; by: string }) =>
      `${d.release} is ${d.status} since ${d.at} (revision ${d.revision}, by ${d.by}): nobody can tell whether that is still at work`,
    hint: 'Where it is dead: `helm rollback RELEASE REVISION`, or `helm uninstall` of a first installation; then begin anew.',
  },
  SHIP_HELM_STORAGE: {
    exit: 3,
    message: (d: { secret: string; problem: string }) => `what Helm keeps in the Secret ${d.secret} cannot be read: ${d.problem}`,
    hint: 'ship reads releases that are kept in Secrets, as Helm does unless HELM_DRIVER says otherwise.',
  },
  SHIP_HELM_GONE: {
    exit: 4,
    message: (d: { release: string; revision: number }) =>
      `revision ${d.revision} of ${d.release} is gone from Helm's history, and nothing else has kept it`,
    hint: 'Deploy the version that is wanted.',
  },
  SHIP_HELM_VOLUME: {
    exit: 4,
    message: (d: { release: string; missing: string }) => `${d.release} cannot be what it was: ${d.missing} is gone`,
    hint: 'A volume can be made again, but not what was written into it. Restore it from a backup first.',
  },
  SHIP_HELM_UNPROVEN: {
    exit: 4,
    message: (d: { release: string; left: readonly string[] }) =>
      `${d.release} was rolled back, and what is live is not what it was: ${d.left.join('; ')}`,
    hint: '`kubectl get --show-managed-fields` shows who manages the fields. Put them right, then repeat the rollback.',
  },
});
