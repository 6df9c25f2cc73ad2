import type { Argv } from '@ship/core';
import type { Where } from '@ship/kube';

const at = ({ context, namespace, kubeconfig }: Where): string[] => [
  `--kube-context=${context}`,
  `--namespace=${namespace}`,
  ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
];

/** What an upgrade is told; a first one installs. */
export interface Upgrade {
  readonly where: Where;
  readonly release: string;
  readonly chart: string;
  readonly repo?: string;
  readonly chartVersion?: string;
  /** The last wins. */
  readonly values: readonly string[];
  readonly createNamespace: boolean;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Where the chart and its values come from. */
const chartWords = ({ repo, chartVersion, values }: Pick<Upgrade, 'repo' | 'chartVersion' | 'values'>): string[] => [
  ...(repo === undefined ? [] : [`--repo=${repo}`]),
  ...(chartVersion === undefined ? [] : [`--version=${chartVersion}`]),
  ...values.map((file) => `--values=${file}`),
];

/** What an upgrade would make, without the tests of the chart. Changes nothing. */
export const templateArgv = ({
  where,
  release,
  chart,
  dryRun,
  ...from
}: Pick<Upgrade, 'where' | 'release' | 'chart' | 'repo' | 'chartVersion' | 'values'> & { readonly dryRun: 'server' | 'client' }): Argv => [
  'helm',
  'template',
  release,
  chart,
  `--dry-run=${dryRun}`,
  '--skip-tests',
  ...chartWords(from),
  ...at(where),
];

/** Whether it becomes ready is waited for by ship, and what follows if it does not is ship's as well: so no `--wait`, and no `--atomic`. */
export function upgradeArgv({ where, release, chart, createNamespace, ...more }: Upgrade): Argv {
  const labels = Object.entries(more.labels).map(([name, value]) => `${name}=${value}`);
  return [
    'helm',
    'upgrade',
    release,
    chart,
    '--install',
    // What was given to the release before is no part of this version.
    '--reset-values',
    ...chartWords(more),
    ...(createNamespace ? ['--create-namespace'] : []),
    `--description=${more.description}`,
    ...(labels.length === 0 ? [] : [`--labels=${labels.join(',')}`]),
    timeout(more.timeoutMs),
    ...at(where),
  ];
}

/** Back to a revision. Its description is Helm's own, `Rollback to N`. */
export const rollbackArgv = (
  where: Where,
  { release, revision, timeoutMs }: { release: string; revision: number; timeoutMs: number },
): Argv => ['helm', 'rollback', release, String(revision), timeout(timeoutMs), ...at(where)];

/** Away with it. */
export const uninstallArgv = (where: Where, release: string, timeoutMs: number): Argv => [
  'helm',
  'uninstall',
  release,
  timeout(timeoutMs),
  ...at(where),
];

const timeout = (ms: number): string => `--timeout=${Math.max(1, Math.ceil(ms / 1000))}s`;
