import { defineErrors } from '@ship/core';

/** The codes of what asks a cluster. */
export const errors = defineErrors({
  SHIP_KUBE_NAME: {
    exit: 2,
    message: (d: { what: string; name: string }) => `${JSON.stringify(d.name)} is no ${d.what} of Kubernetes`,
    hint: 'Names have small letters, digits and dashes, begin and end with a letter or a digit, and are not longer than Kubernetes allows.',
  },
  SHIP_KUBE_WHERE: {
    exit: 2,
    message: (d: { what: string }) => `${d.what}: no context is named, and ship does not take whichever is current`,
    hint: 'Name it in the component, or in the options of the plugin: `context: NAME`. `kubectl config get-contexts` lists them.',
  },
  SHIP_KUBE_COMMAND: {
    exit: 3,
    message: (d: { tool: string; problem: string }) => `${d.tool}: ${d.problem}`,
    hint: 'These are the words of the tool. Try the same context and namespace with it.',
  },
  SHIP_KUBE_FORBIDDEN: {
    exit: 3,
    message: (d: { problem: string }) => d.problem,
    hint: 'Nothing was changed. Give the user these rights, or take away from the component what needs them.',
  },
  SHIP_KUBE_UNREADABLE: {
    exit: 3,
    message: (d: { what: string; problem: string }) => `what ${d.what} answers cannot be read: ${d.problem}`,
    hint: 'Run the same command by hand; a plugin of kubectl may print into its answer.',
  },
  SHIP_KUBE_BROKEN: {
    exit: 1,
    message: (d: { what: string; problem: string }) => `${d.what} does not become ready: ${d.problem}`,
    hint: 'What its pods and events said stands in the evidence of the report.',
  },
  SHIP_KUBE_LATE: {
    exit: 1,
    message: (d: { what: string; problem: string; timeoutMs: number }) =>
      `${d.what} is not ready after ${d.timeoutMs / 1000} s: ${d.problem}`,
    hint: 'Raise `timeout` of the component where it needs longer.',
  },
});
