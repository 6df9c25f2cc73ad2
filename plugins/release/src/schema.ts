import type { JsonSchema } from '@ship/core';

const PORT_PATTERN = '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$';
const port = {
  anyOf: [
    { type: 'integer', minimum: 1, maximum: 65535 },
    { type: 'string', pattern: PORT_PATTERN, title: 'a port from 1 to 65535' },
  ],
};
const text = { type: 'string', minLength: 1 };
const duration = { type: 'string', pattern: '^[0-9]+(ms|s|m|h)$', title: 'a duration', examples: ['250ms', '10s', '5m'] };
const variable = { pattern: '^[A-Za-z_][A-Za-z0-9_]*$', title: 'the name of an environment variable', examples: ['DB_PASSWORD'] };

const health = {
  type: 'object',
  additionalProperties: false,
  properties: {
    http: { type: 'string', pattern: '^/', title: 'a path that starts with a slash', examples: ['/healthz'] },
    tcp: { const: true },
    run: text,
    min_uptime: duration,
    timeout: duration,
    interval: duration,
  },
  not: { anyOf: [{ required: ['http', 'tcp'] }, { required: ['http', 'run'] }, { required: ['tcp', 'run'] }] },
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
    env: { type: 'object', propertyNames: variable, additionalProperties: { type: 'string' } },
    keep: { type: 'integer', minimum: 2 },
    drain_timeout: duration,
    standby: { type: 'boolean' },
    exclude: {
      type: 'array',
      items: { type: 'string', pattern: '^[^/]+$', title: 'a name without a slash', examples: ['node_modules'] },
    },
    root: text,
    systemd: { enum: ['auto', 'never'] },
  },
  // Without a port there is nothing that a request could reach.
  dependencies: { host: ['port'] },
};
