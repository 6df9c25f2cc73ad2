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
  /** As that of a rollback. */
  readonly isForced?: boolean;
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
    ...(more.isForced ? ['--force-conflicts'] : []),
    timeout(more.timeoutMs),
    ...at(where),
  ];
}

/** What a rollback is told. */
export interface Rollback {
  readonly release: string;
  readonly revision: number;
  /** Helm 4, where it applies on the server: what others have set since is overwritten. Helm 3 does so always. */
  readonly isForced: boolean;
  readonly timeoutMs: number;
}

/** Back to a revision. Its description is Helm's own, `Rollback to N`. */
export const rollbackArgv = (where: Where, { release, revision, isForced, timeoutMs }: Rollback): Argv => [
  'helm',
  'rollback',
  release,
  String(revision),
  ...(isForced ? ['--force-conflicts'] : []),
  timeout(timeoutMs),
  ...at(where),
];

/** Away with it. */
export const uninstallArgv = (where: Where, release: string, timeoutMs: number): Argv => [
  'helm',
  'uninstall',
  release,
  timeout(timeoutMs),
  ...at(where),
];

const timeout = (ms: number): string => `--timeout=${Math.max(1, Math.ceil(ms / 1000))}s`;

/** The values of a revision, with those that the chart has by itself. */
export const valuesArgv = (where: Where, release: string, revision: number): Argv => [
  'helm',
  'get',
  'values',
  release,
  '--all',
  '--output=json',
  `--revision=${revision}`,
  ...at(where),
];
