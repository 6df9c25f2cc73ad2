import { join, resolve } from 'node:path';
import { type ComponentConfig, type Context, durationSchema, type JsonSchema, parseDuration } from '@ship/core';
import type { Health, Limits } from './records.js';

/** The component's own fields, complete: every default is filled in. */
export interface Settings {
  readonly path: string;
  readonly run: string | readonly string[];
  readonly host: string;
  readonly port: number | null;
  readonly health: Health;
  readonly front: Limits;
  readonly env: Readonly<Record<string, string>>;
  readonly keep: number;
  readonly drain_timeout_ms: number;
  readonly stop_timeout_ms: number;
  readonly standby: boolean;
  /** The ports that its processes take turns on, for a router that cannot be told new ones. Empty: any free port. */
  readonly slots: readonly number[];
  readonly exclude: readonly string[];
  readonly root: string;
  readonly systemd: boolean;
}

interface Written {
  path: string;
  run: string | string[];
  host?: string;
  /** A text where it came from `${NAME}`. */
  port?: number | string;
  front?: { headers_timeout?: string; idle_timeout?: string; header_limit?: number; trusted_proxies?: string[] };
  health?: { http?: string; host?: string; tcp?: true; run?: string; min_uptime?: string; timeout?: string; interval?: string };
  env?: Record<string, string>;
  keep?: number;
  drain_timeout?: string;
  stop_timeout?: string;
  standby?: boolean;
  slots?: (number | string)[];
  exclude?: string[];
  root?: string;
  systemd?: 'auto' | 'never';
}

/** Reads the fields of a component; the schema has checked them. Relative paths start at the folder of the config. */
export function settingsOf(ctx: Pick<Context, 'dir' | 'stateDir' | 'environment'>, component: ComponentConfig): Settings {
  const written = component.settings as unknown as Written;
  return {
    path: resolve(ctx.dir, written.path),
    run: written.run,
    host: written.host ?? '127.0.0.1',
    port: written.port === undefined ? null : Number(written.port),
    health: healthOf(written, written.port !== undefined || component.router !== undefined),
    front: limitsOf(written),
    env: written.env ?? {},
    keep: written.keep ?? 6,
    drain_timeout_ms: milliseconds(written.drain_timeout ?? '10s'),
    stop_timeout_ms: milliseconds(written.stop_timeout ?? '10s'),
    standby: written.standby ?? false,
    slots: (written.slots ?? []).map(Number),
    exclude: written.exclude ?? [],
    root: written.root ? resolve(ctx.dir, written.root) : join(ctx.stateDir, 'releases', ctx.environment, component.name),
    systemd: written.systemd !== 'never',
  };
}

/** The schema has checked the text. */
const milliseconds = (text: string): number => parseDuration(text) ?? 0;

// To Node a timeout of 0 means none.
const atLeast = (ms: number): number => Math.max(ms, 1);

function limitsOf({ front: written = {} }: Written): Limits {
  return {
    headers_timeout_ms: atLeast(milliseconds(written.headers_timeout ?? '10s')),
    // Longer than the proxies that may stand before it keep an idle connection.
    idle_timeout_ms: atLeast(milliseconds(written.idle_timeout ?? '75s')),
    header_limit: written.header_limit ?? 65_536,
    trusted_proxies: written.trusted_proxies ?? [],
  };
}

function healthOf({ health = {} }: Written, listens: boolean): Health {
  const times = {
    timeout_ms: milliseconds(health.timeout ?? '30s'),
    interval_ms: milliseconds(health.interval ?? '250ms'),
    min_uptime_ms: milliseconds(health.min_uptime ?? '1s'),
  };
  if (health.http !== undefined)
    return { kind: 'http', target: health.http, ...(health.host === undefined ? {} : { host: health.host }), ...times };
  if (health.run !== undefined) return { kind: 'run', target: health.run, ...times };
  return { kind: listens ? 'tcp' : 'uptime', target: '', ...times };
}

const PORT_PATTERN = '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$';
const port = {
  anyOf: [
    { type: 'integer', minimum: 1, maximum: 65535 },
    { type: 'string', pattern: PORT_PATTERN, title: 'a port from 1 to 65535' },
  ],
};
const text = { type: 'string', minLength: 1 };
const duration = durationSchema('250ms', '10s', '5m');
const variable = { pattern: '^[A-Za-z_][A-Za-z0-9_]*$', title: 'the name of an environment variable', examples: ['DB_PASSWORD'] };

const health = {
  type: 'object',
  additionalProperties: false,
  properties: {
    http: { type: 'string', pattern: '^/', title: 'a path that starts with a slash', examples: ['/healthz'] },
    host: { type: 'string', pattern: '^[!-~]+$', title: 'what the header Host says', examples: ['shop.example.com'] },
    tcp: { const: true },
    run: text,
    min_uptime: duration,
    timeout: duration,
    interval: duration,
  },
  // Only a request over HTTP has a header.
  dependencies: { host: ['http'] },
  not: { anyOf: [{ required: ['http', 'tcp'] }, { required: ['http', 'run'] }, { required: ['tcp', 'run'] }] },
  title: 'one kind of health: `http`, `tcp` or `run`',
};

const network = {
  type: 'string',
  pattern:
    '^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}(/([0-9]|[12][0-9]|3[0-2]))?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?)$',
  title: 'an address or a network',
  examples: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
};

const front = {
  type: 'object',
  additionalProperties: false,
  properties: {
    headers_timeout: duration,
    idle_timeout: duration,
    header_limit: { type: 'integer', minimum: 1024, maximum: 1_048_576 },
    trusted_proxies: { type: 'array', items: network, uniqueItems: true },
  },
};

/** The schema of a component with `driver: release`. */
export const settingsSchema: JsonSchema = {
  $id: 'ship:release/settings',
  type: 'object',
  additionalProperties: false,
  required: ['path', 'run'],
  properties: {
    path: text,
    run: { anyOf: [text, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
    host: text,
    // A text where the config wrote `${NAME}`.
    port,
    slots: { type: 'array', items: port, minItems: 2, uniqueItems: true },
    health,
    front,
    env: { type: 'object', propertyNames: variable, additionalProperties: { type: 'string' } },
    keep: { type: 'integer', minimum: 2 },
    drain_timeout: duration,
    stop_timeout: duration,
    standby: { type: 'boolean' },
    exclude: {
      type: 'array',
      items: { type: 'string', pattern: '^[^/]+$', title: 'a name without a slash', examples: ['node_modules'] },
    },
    root: text,
    systemd: { enum: ['auto', 'never'] },
  },
  // Without a port there is nothing that a request could reach.
  dependencies: { host: ['port'], front: ['port'] },
  // The front is told new ports, so nothing has to take turns behind it.
  not: { required: ['port', 'slots'] },
  title: 'a component with `port` or with `slots`: the two do not go together',
};
