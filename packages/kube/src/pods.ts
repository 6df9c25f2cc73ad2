import type { ContainerStatus, Pod } from './objects.js';

/** What the state of a pod means for a rollout. */
export interface PodVerdict {
  /** `broken`: waiting for it is of no use. */
  readonly state: 'ready' | 'waiting' | 'broken';
  /** As Kubernetes calls it, such as `CrashLoopBackOff`; for `waiting` what it waits for. */
  readonly reason: string;
  /** In words: of which container, with what was said. */
  readonly message: string;
  /** The container that it is about. */
  readonly container?: string;
}

/** How much a rollout bears. */
export interface Tolerance {
  /** How often a container may have been started anew, such as those of the version before. */
  readonly restarts: number;
}

/**
 * What a registry answers when the image is not there, or may not be had: asking again brings nothing.
 * The kubelet itself goes on for ever, so it is decided by the message.
 */
const PERMANENT =
  /not found|manifest unknown|name unknown|repository does not exist|unauthorized|authentication required|access denied|denied:|forbidden|pull access denied|invalid reference format|no match for platform|no such image/i;

/** What the kubelet says of a container whose configuration is wrong. */
const MISCONFIGURED = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'InvalidImageName',
  'RunContainerError',
  'ErrImageNeverPull',
  'StartError',
]);

/** Judges a pod by what its containers say. */
export function judgePod(pod: Pod, { restarts }: Tolerance): PodVerdict {
  const { status = {} } = pod;
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const broken = containers.flatMap((each) => brokenBy(each, restarts) ?? []);
  if (broken[0] !== undefined) return broken[0];
  if (status.phase === 'Failed')
    return { state: 'broken', reason: status.reason ?? 'Failed', message: status.message ?? 'the pod has failed' };
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False')
    return { state: 'waiting', reason: scheduled.reason ?? 'Unschedulable', message: scheduled.message ?? 'no node takes it' };
  if (conditionOf(pod, 'Ready')?.status === 'True') return { state: 'ready', reason: 'Ready', message: '' };
  return waitingFor(containers);
}

const conditionOf = ({ status }: Pod, wanted: string) => status?.conditions?.find(({ type }) => type === wanted);

function brokenBy({ name, state = {}, lastState = {}, restartCount, image }: ContainerStatus, restarts: number): PodVerdict | undefined {
  const broken = (reason: string, message: string): PodVerdict => ({ state: 'broken', reason, message, container: name });
  const { waiting, terminated = lastState.terminated } = state;
  const { reason = '', message = '' } = waiting ?? {};
  if (terminated?.reason === 'OOMKilled' && restartCount >= restarts)
    return broken('OOMKilled', `${name} was killed, as it used more memory than its limit allows`);
  if (MISCONFIGURED.has(reason)) return broken(reason, `${name}: ${message || reason}`);
  if ((reason === 'ImagePullBackOff' || reason === 'ErrImagePull') && PERMANENT.test(message))
    return broken(reason, `${name}: the image ${image ?? ''} cannot be pulled: ${message}`);
  if (reason === 'CrashLoopBackOff' && restartCount > restarts)
    return broken(reason, `${name} ended ${restartCount + 1} times${endOf(terminated)}`);
  return undefined;
}

function endOf(terminated: NonNullable<ContainerStatus['state']>['terminated']): string {
  if (terminated === undefined) return '';
  const { exitCode, signal, message } = terminated;
  const how = signal === undefined || signal === 0 ? `with ${exitCode}` : `by signal ${signal}`;
  return `, the last time ${how}${message === undefined || message === '' ? '' : `: ${message.trim()}`}`;
}

function waitingFor(containers: readonly ContainerStatus[]): PodVerdict {
  const waiting = (reason: string, message: string, container?: string): PodVerdict => ({
    state: 'waiting',
    reason,
    message,
    ...(container === undefined ? {} : { container }),
  });
  const open = containers.find(({ ready, state }) => !ready && state?.terminated?.exitCode !== 0);
  if (open === undefined) return waiting('Starting', 'it has not begun yet');
  const { reason, message } = open.state?.waiting ?? {};
  if (reason !== undefined) return waiting(reason, `${open.name}: ${message || reason}`, open.name);
  if (open.state?.running !== undefined)
    return waiting('NotReady', `${open.name} runs, and its probes do not say that it is ready`, open.name);
  return waiting('Starting', `${open.name} has ended, and is started anew`, open.name);
}
