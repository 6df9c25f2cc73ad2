import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServerUnaryCall, type ServiceDefinition, type sendUnaryData, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { onTestFinished } from 'vitest';
import { apply, FILES_FILE, type FilesFile, lookAt, type Planned, plan, problemsOf, schema } from './terraform-provider/files-file.js';
import { type DynamicValue, failed, fromWire, pathOf, toWire } from './terraform-provider/wire.js';

/** What a test needs to let Terraform use the provider. */
export interface FilesProvider {
  /** Names the provider that runs already. Terraform neither installs nor ends it. */
  readonly env: { readonly TF_REATTACH_PROVIDERS: string };
  /** The block that a configuration needs. */
  readonly requiredProviders: string;
}

const SOURCE = 'ship/files';

const PROTOCOL = loadSync(join(import.meta.dirname, 'terraform-provider/tfplugin5.proto'), { keepCase: true });

/**
 * Starts a provider of our own, over the real protocol, in the process of the test. Its one resource, `files_file`, is a
 * file: it lies outside of Terraform's state, so that it can be changed or removed by hand. The content `fail` cannot be
 * written whole, and `delay_ms` makes a creation slow. The provider is closed when the test has finished.
 */
export async function startFilesProvider(): Promise<FilesProvider> {
  const server = new Server();
  server.addService(PROTOCOL['tfplugin5.Provider'] as ServiceDefinition, handlers());
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  onTestFinished(() => server.forceShutdown());
  const Addr = { Network: 'tcp', String: `127.0.0.1:${port}` };
  const reattach = { Protocol: 'grpc', ProtocolVersion: 5, Pid: standIn(), Test: true, Addr };
  return {
    env: { TF_REATTACH_PROVIDERS: JSON.stringify({ [`registry.terraform.io/${SOURCE}`]: reattach }) },
    requiredProviders: `terraform {\n  required_providers {\n    files = { source = "${SOURCE}" }\n  }\n}\n`,
  };
}

/**
 * A process that stands for the provider. Terraform asks whether it lives, and kills it where it cannot connect, as one
 * that a test has left behind would: that must not hit the process of the tests. It ends with its input, at the latest.
 */
function standIn(): number {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void child.kill());
  return child.pid!;
}

/** All that the requests hold which are answered here. */
interface Request {
  readonly config?: DynamicValue;
  readonly current_state?: DynamicValue;
  readonly prior_state?: DynamicValue;
  readonly proposed_new_state?: DynamicValue;
  readonly planned_state?: DynamicValue;
  readonly raw_state?: { readonly json?: Uint8Array };
  readonly id?: string;
}

type Answer = (request: Request, signal: AbortSignal) => object | Promise<object>;

/** What a real provider answers; what this one has not is left unimplemented, which Terraform allows. */
function handlers(): Record<string, (call: ServerUnaryCall<Request, object>, callback: sendUnaryData<object>) => void> {
  const underWay = new Set<AbortController>();
  const stop = () => {
    for (const each of underWay) each.abort(new Error('the provider was told to stop'));
    return {};
  };
  return Object.fromEntries(Object.entries({ ...ANSWERS, Stop: stop }).map(([name, answer]) => [name, unary(answer, underWay)]));
}

const unary =
  (answer: Answer, underWay: Set<AbortController>) =>
  (call: ServerUnaryCall<Request, object>, callback: sendUnaryData<object>): void => {
    const controller = new AbortController();
    underWay.add(controller);
    // Whoever asked has gone: as a provider of its own would have, with it.
    call.on('cancelled', () => controller.abort(new Error('nobody waits for the answer')));
    Promise.resolve()
      .then(() => answer(call.request, controller.signal))
      .then(
        (value) => callback(null, value),
        (error: Error) => callback({ code: status.INTERNAL, message: error.message }),
      )
      .finally(() => underWay.delete(controller));
  };

const ANSWERS: Readonly<Record<string, Answer>> = {
  GetSchema: () => ({ provider: { version: 0, block: {} }, resource_schemas: { [FILES_FILE]: schema } }),
  PrepareProviderConfig: ({ config }) => ({ prepared_config: config }),
  Configure: () => ({}),
  ValidateResourceTypeConfig: ({ config }) => ({ diagnostics: problemsOf(fromWire<Planned>(config)!) }),
  UpgradeResourceState: ({ raw_state }) => ({ state: toWire(JSON.parse(Buffer.from(raw_state?.json ?? []).toString())) }),
  ReadResource: ({ current_state }) => ({ state: toWire(lookAt(fromWire<FilesFile>(current_state)!)) }),
  PlanResourceChange({ prior_state, proposed_new_state }) {
    const { planned, replaces } = plan(fromWire(prior_state), fromWire(proposed_new_state));
    return { planned_state: toWire(planned), requires_replace: replaces.map(pathOf) };
  },
  async ApplyResourceChange({ prior_state, planned_state }, signal) {
    const prior = fromWire<FilesFile>(prior_state);
    const { state, problem } = await apply(prior, fromWire(planned_state), signal).catch((problem: Error) => ({ state: prior, problem }));
    return {
      new_state: toWire(state),
      diagnostics: problem === undefined ? [] : [failed('The file could not be written', reasonOf(problem))],
    };
  },
  ImportResourceState: ({ id = '' }) => ({
    imported_resources: [{ type_name: FILES_FILE, state: toWire({ path: id, content: '', delay_ms: null, id }) }],
  }),
};

/** A pause that was cut short says only in its cause why. */
const reasonOf = ({ message, cause }: Error): string => (cause instanceof Error ? cause.message : message);
