import type { JsonSchema } from '@ship/core';

const text = { type: 'string', minLength: 1 };
const texts = { type: 'array', items: text };

/** What options and steps may both say about a stack; a step wins. */
const stack = {
  dir: { ...text, description: 'The folder of the root module, relative to the folder of the config.' },
  workspace: { type: 'string', pattern: '^[A-Za-z0-9_.-]+$', title: 'the name of a workspace', description: 'Default: `default`.' },
  var_files: { ...texts, description: 'Files with variables, relative to the folder of the config.' },
  vars: { type: 'object', description: 'Variables; they win over those of files.' },
  backend_config: {
    type: 'object',
    additionalProperties: { type: ['string', 'boolean', 'number'] },
    description: 'What the configuration leaves open about its backend.',
  },
  parallelism: { type: 'integer', minimum: 1, description: 'How many resources at a time. Default 10.' },
  targets: { ...texts, description: 'Only these addresses, and what they depend on.' },
  lock_timeout: {
    type: 'string',
    pattern: '^[0-9]+(s|m|h)$',
    title: 'a duration such as 30s',
    description: 'How long to wait for a lock that somebody holds. Default: a minute.',
  },
  exclude: { ...texts, description: 'Files and folders of the module that are not part of the configuration, relative to it.' },
};

/** The options in `plugins:`. */
export const optionsSchema: JsonSchema = {
  $id: 'ship:terraform/options',
  type: 'object',
  additionalProperties: false,
  properties: {
    binary: { ...text, description: 'Name or path. Default: `terraform`, or `tofu` where there is no terraform.' },
    stateful: { ...texts, description: 'Types and addresses that hold data, besides those that are known to.' },
    stateless: { ...texts, description: 'Types and addresses that a rollback may destroy or replace.' },
    environments: {
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: false, properties: stack },
      description: 'What is otherwise in one environment, by its name.',
    },
    ...stack,
  },
};

const input = ($id: string, more: object = {}): JsonSchema => ({
  $id,
  type: 'object',
  additionalProperties: false,
  properties: { ...stack, ...more },
});

/** The input of `terraform/apply`. */
export const applyInput = input('ship:terraform/apply');

/** The input of `terraform/destroy`. */
export const destroyInput = input('ship:terraform/destroy');

/** The input of `terraform/output`. */
export const outputInput = input('ship:terraform/output', {
  file: { ...text, description: 'Where all outputs are written as JSON, for this user alone. Relative to the folder of the config.' },
});
