import type { Argv, Context } from '@ship/core';
import { errors } from './errors.js';
import { checkedContext, checkedName } from './names.js';
import { type KubeObject, reference } from './objects.js';

/** Where a component lives. Both are always named: what is current for whoever runs the command is nobody's wish. */
export interface Where {
  readonly context: string;
  readonly namespace: string;
  /** Where it is not that of KUBECONFIG. */
  readonly kubeconfig?: string;
}

/** An answer of the API server is small beside this; a list of all secrets of a namespace may not be. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Each request; the tool itself would wait for ever on one that hangs. */
const REQUEST_TIMEOUT_MS = 30_000;

/** How much of what a tool says before it fails belongs into a message. */
const LAST_LINES = 3;

/** What a place may say; a component says it first, then the options of its plugin. Throws SHIP_KUBE_WHERE and SHIP_KUBE_NAME. */
export function whereOf(what: string, { context, namespace, kubeconfig }: Partial<Where>): Where {
  if (context === undefined) throw errors.SHIP_KUBE_WHERE({ what });
  return {
    context: checkedContext(context),
    namespace: checkedName('namespace', namespace ?? 'default'),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  };
}

/** The words of a kubectl command at a place. */
export const kubectlArgv = ({ context, namespace, kubeconfig }: Where, ...words: string[]): Argv => [
  'kubectl',
  ...words,
  `--context=${context}`,
  `--namespace=${namespace}`,
  ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
];

/** How a command is asked. */
export interface Asked {
  readonly input?: string;
  /** Whether its lines are shown and kept, as those of what changes something are. */
  readonly isShown?: boolean;
  readonly timeoutMs?: number;
}

/** How a command ended. */
export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A cluster, as kubectl has it: with the user's own ways of logging in, on whatever machine the step runs. */
export class Cluster {
  constructor(
    private readonly ctx: Pick<Context, 'exec'>,
    readonly where: Where,
  ) {}

  /** What a command prints. Throws SHIP_KUBE_COMMAND with the words of the tool. */
  async text(words: readonly string[], asked: Asked = {}): Promise<string> {
    return this.#run(words, [0], asked);
  }

  /** How objects of a manifest differ from those that are live, as `kubectl diff` prints it. */
  async diff(manifest: string): Promise<string> {
    return this.#run(['diff', '--filename=-'], [0, 1], { input: manifest });
  }

  /** How a command ends, whatever its exit code, for who knows what its words mean. */
  async attempt(words: readonly string[], { input, isShown = false, timeoutMs = REQUEST_TIMEOUT_MS }: Asked = {}): Promise<Answer> {
    return this.ctx.exec(kubectlArgv(this.where, ...words), {
      timeoutMs,
      maxBytes: MOST_BYTES,
      okExitCodes: 'any',
      ...(input === undefined ? {} : { input }),
      ...(isShown ? {} : { onOutput: null }),
    });
  }

  async #run(words: readonly string[], isFine: readonly number[], asked: Asked): Promise<string> {
    const { stdout, stderr, exitCode } = await this.attempt(words, asked);
    if (isFine.includes(exitCode)) return stdout;
    const said = stderr.split('\n').filter((line) => line.trim() !== '');
    throw errors.SHIP_KUBE_COMMAND({
      tool: `kubectl ${words[0]}`,
      problem: said.slice(-LAST_LINES).join('; ') || `it ended with ${exitCode}`,
    });
  }

  /** An answer in JSON. */
  async json<T>(words: readonly string[], asked?: Asked): Promise<T> {
    const text = await this.text([...words, '--output=json'], asked);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw errors.SHIP_KUBE_UNREADABLE({ what: `kubectl ${words[0]}`, problem: (cause as Error).message }, { cause });
    }
  }

  /** Objects of some kinds, by a selector of labels. */
  async list<T extends KubeObject>(kinds: string, selector?: string): Promise<T[]> {
    const { items } = await this.json<{ items: T[] }>(['get', kinds, ...(selector === undefined ? [] : [`--selector=${selector}`])]);
    return items;
  }

  /** The same cluster where an object is: a component may have some in another namespace. */
  at({ metadata: { namespace } }: Pick<KubeObject, 'metadata'>): Cluster {
    return namespace === undefined || namespace === this.where.namespace ? this : new Cluster(this.ctx, { ...this.where, namespace });
  }

  /** What a command answers: a list, one object, or nothing. */
  async objects(words: readonly string[]): Promise<KubeObject[]> {
    const text = await this.text([...words, '--output=json']);
    if (text.trim() === '') return [];
    const found = JSON.parse(text) as KubeObject & { readonly items?: KubeObject[] };
    return found.items ?? [found];
  }

  /** Objects by what they are, such as `Deployment.v1.apps/web`, with who manages their fields; what is not there is left out. */
  async referred(references: readonly string[]): Promise<KubeObject[]> {
    return references.length === 0 ? [] : this.objects(['get', ...references, '--ignore-not-found', '--show-managed-fields']);
  }

  /** Objects as they are in the cluster, with who manages their fields; what is not there is left out. */
  async named(objects: readonly KubeObject[]): Promise<KubeObject[]> {
    const found = await Promise.all(this.byPlace(objects).map(([place, each]) => place.referred(each.map(reference))));
    return found.flat();
  }

  /** Deletes objects, and waits until they are gone. What is gone already is no error. */
  async remove(objects: readonly KubeObject[], timeoutMs: number): Promise<void> {
    for (const [place, each] of this.byPlace(objects))
      await place.text(['delete', ...each.map(reference), '--ignore-not-found', '--wait=true'], { isShown: true, timeoutMs });
  }

  /** Objects by where they are; what belongs to the whole cluster is asked for in the component's namespace. */
  byPlace<T extends KubeObject>(objects: readonly T[]): [Cluster, T[]][] {
    const places = new Map<string, T[]>();
    for (const each of objects) {
      const { namespace = this.where.namespace } = each.metadata;
      places.set(namespace, [...(places.get(namespace) ?? []), each]);
    }
    return [...places.values()].map((each) => [this.at(each[0]!), each]);
  }

  /** An object; undefined where there is none. */
  async find<T extends KubeObject>(kind: string, name: string): Promise<T | undefined> {
    const text = await this.text(['get', kind, checkedName(kind, name), '--ignore-not-found', '--output=json']);
    return text.trim() === '' ? undefined : (JSON.parse(text) as T);
  }
}
