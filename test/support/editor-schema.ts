import type { JsonSchema } from '@ship/core';

type Schema = Record<string, unknown>;
type Schemas = Readonly<Record<string, JsonSchema | undefined>>;

/** What one plugin brings to a config, by the names that people write. The kernel's own has no name. */
export interface Brought {
  readonly plugin?: string;
  readonly isDefault: boolean;
  readonly options?: JsonSchema | undefined;
  readonly sections: Schemas;
  readonly actions: Schemas;
  readonly drivers: Schemas;
  readonly routers: Schemas;
  readonly checks: Schemas;
  readonly conditions: Schemas;
}

const RUN_ACTION = 'shell/run';
const VARIABLE = '\\$\\{';
const NAME = `^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$|${VARIABLE}`;
const DURATION = `^(?!0+(\\.0+)?(ms|s|m|h)$)[0-9]+(\\.[0-9]+)?(ms|s|m|h)$|${VARIABLE}`;

/** Keys of a step that are input of the action that `run:` stands for. */
const SHORTHAND = ['run', 'undo', 'capture', 'probe', 'cwd', 'env', 'shell', 'irreversible'];
const COMPONENT = ['driver', 'version', 'core', 'depends_on', 'compatible_with', 'router', 'contract'];
const CHECK = ['name', 'required', 'timeout', 'retry', 'component', 'repeat', 'limits', 'trigger'];
const ENVIRONMENT = ['approval', 'optimization', 'components', 'verify', 'max_parallel', 'lane'];

const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const isConst = (key: string, value: string): Schema => ({ required: [key], properties: { [key]: { const: value } } });
const dict = (value: unknown): Schema => (typeof value === 'object' && value !== null ? (value as Schema) : {});

/**
 * The schema that editors use: as strict as `ship validate`, before variables are replaced. That of the kernel leaves to plugins what is
 * theirs, so that each mistake is reported once and in words; here it is all in one. Where a plugin of somebody else is listed,
 * names that are not known may be its own.
 */
export function editorSchema(base: Schema, brought: readonly Brought[]): Schema {
  const all = (part: 'actions' | 'drivers' | 'routers' | 'checks' | 'conditions' | 'sections') =>
    Object.assign({}, ...brought.map((each) => each[part])) as Schemas;
  const definitions = structuredClone(base.definitions) as Record<string, Schema>;
  const root = structuredClone(base);
  replaceRefs(root.properties, definitions);
  for (const definition of Object.values(definitions)) replaceRefs(definition.properties, definitions);
  for (const definition of Object.values(definitions)) definition.properties = withPatterns(definition.properties);
  definitions.name = { ...definitions.name, pattern: NAME };
  definitions.duration = { ...definitions.duration, pattern: `${definitions.duration!.pattern}|${VARIABLE}` };
  definitions.time = {
    ...definitions.duration,
    pattern: DURATION,
    description: 'A duration above zero with its unit: 250ms, 10s, 5m, 2h.',
  };
  definitions.text = { type: 'string', pattern: VARIABLE, description: 'A text with a variable in it.' };
  definitions.command = commandSchema(definitions.command!);
  definePlugins(definitions, brought);
  defineStep(definitions, all('actions'), all('conditions'));
  defineCheck(definitions, all('checks'));
  defineComponent(definitions, all('drivers'), all('routers'));
  definitions.environment!.allOf = [
    { properties: forbidden(Object.keys(dict(base.properties)).filter((key) => !ENVIRONMENT.includes(key))) },
  ];
  const sections = Object.fromEntries(Object.entries(all('sections')).map(([name, schema]) => [name, clean(schema)]));
  defineOwn(definitions, sections, all);
  const names = brought.flatMap(({ plugin }) => (plugin === undefined ? [] : [plugin]));
  return withRequired({
    ...root,
    $comment: 'Made of config.base.json and of the schemas of plugins: see test/editor-schema.test.ts.',
    properties: {
      ...dict(root.properties),
      environments: { ...dict(dict(root.properties).environments), propertyNames: { pattern: NAME.split('|')[0] } },
      rollback_timeout: { ...ref('time'), description: 'How long a whole rollback may take. Default 10m.' },
    },
    definitions,
    allOf: [
      { properties: { approval: false } },
      where(
        { properties: { environments: { additionalProperties: { not: { required: ['components'] } } } } },
        { properties: { components: { additionalProperties: ref('complete_component') } } },
      ),
      where(
        { properties: { plugins: { items: { anyOf: [{ enum: names }, { type: 'object', propertyNames: { enum: names } }] } } } },
        {
          propertyNames: { enum: [...Object.keys(dict(base.properties)), ...Object.keys(sections)] },
          properties: {
            ...sections,
            environments: { additionalProperties: ref('own_environment') },
            components: { additionalProperties: ref('own_component') },
            steps: { items: ref('own_step') },
            verify: ref('own_verify'),
          },
          allOf: brought.flatMap(ifOff),
        },
      ),
    ],
  }) as Schema;
}

/** What holds of a value that fits a condition. */
const where = (condition: Schema, then: unknown): Schema => ({ if: condition, then });

/** Validators that are strict want each key that is demanded among the properties beside it. */
function withRequired(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withRequired);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Schema = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'enum' ? value : withRequired(value)]),
  );
  if (!Array.isArray(copy.required)) return copy;
  const missing = Object.fromEntries(copy.required.flatMap((key) => (Object.hasOwn(dict(copy.properties), key) ? [] : [[key, true]])));
  return { ...copy, properties: { ...dict(copy.properties), ...missing } };
}

/** A plugin that is off brings nothing. */
function ifOff({ plugin, isDefault, drivers, actions }: Brought): Schema[] {
  if (plugin === undefined || Object.keys({ ...drivers, ...actions }).length === 0) return [];
  const item = isDefault
    ? { type: 'object', required: [plugin], properties: { [plugin]: { const: false } } }
    : { anyOf: [{ const: plugin }, { type: 'object', required: [plugin], properties: { [plugin]: { not: { const: false } } } }] };
  const listed = { required: ['plugins'], properties: { plugins: { contains: item } } };
  const none = (key: string, names: string[]) =>
    names.length === 0
      ? {}
      : { not: { required: [key], properties: { [key]: { enum: names } } }, description: `The plugin ${plugin} is not on.` };
  const off = {
    properties: {
      components: { additionalProperties: none('driver', Object.keys(drivers)) },
      steps: { items: none('uses', Object.keys(actions)) },
    },
  };
  return [isDefault ? where(listed, off) : { if: listed, else: off }];
}

/** Words of a list may come from a variable. Durations that no zero makes sense for are above it. */
function replaceRefs(properties: unknown, definitions: Record<string, Schema>): void {
  for (const [key, value] of Object.entries(dict(properties))) {
    const { $ref, description } = dict(value);
    const name = String($ref).split('/').at(-1)!;
    if (['lane', 'severity', 'trigger'].includes(name))
      dict(properties)[key] = { anyOf: [ref(name), ref('text')], description: description ?? definitions[name]!.description };
    if (name === 'duration' && ['timeout', 'for'].includes(key)) dict(value).$ref = '#/definitions/time';
    if (dict(value).type === 'object') replaceRefs(dict(value).properties, definitions);
  }
}

/** The same schema, where texts may have a variable in them. */
function withPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withPatterns);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'enum' || key === 'examples' ? value : withPatterns(value)]),
  );
  return typeof copy.pattern === 'string' ? { ...copy, pattern: `${copy.pattern}|${VARIABLE}` } : copy;
}

/** A schema of a plugin, as a part of another: without its name, and with room for variables. */
function clean(schema: JsonSchema | undefined): Schema {
  const { $id: _, ...rest } = dict(withEnums(withPatterns(schema ?? {})));
  return rest;
}

function withEnums(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withEnums);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, key === 'enum' ? value : withEnums(value)]));
  if (!Array.isArray(copy.enum) || !copy.enum.every((word) => typeof word === 'string')) return copy;
  const { enum: words, ...rest } = copy;
  return { ...rest, anyOf: [{ enum: words }, { type: 'string', pattern: VARIABLE }] };
}

const forbidden = (keys: readonly string[]): Schema => Object.fromEntries(keys.map((key) => [key, false]));

/** Neither empty, nor with a byte in it that no program can be given. */
const commandSchema = (command: Schema): Schema => ({
  ...command,
  pattern: '\\S',
  minItems: 1,
  items: { type: 'string', pattern: '^[^\\u0000]*$' },
  not: { type: 'string', pattern: '\\u0000' },
});

function definePlugins(definitions: Record<string, Schema>, brought: readonly Brought[]): void {
  const options = brought.flatMap(({ plugin, options: schema }) =>
    plugin === undefined
      ? []
      : [[plugin, { anyOf: [{ type: ['boolean', 'null'] }, schema === undefined ? { type: 'object' } : clean(schema)] }]],
  );
  const items = dict(definitions.plugins!.items);
  definitions.plugins = { ...definitions.plugins, items: { ...items, properties: Object.fromEntries(options) } };
}

function defineStep(definitions: Record<string, Schema>, actions: Schemas, conditions: Schemas): void {
  const step = definitions.step!;
  const properties = dict(step.properties);
  properties.shell = { type: 'boolean', description: dict(properties.shell).description };
  properties.when = { ...dict(properties.when), properties: mapped(conditions) };
  for (const key of ['cwd', 'irreversible']) properties[key] = { ...dict(properties[key]), minLength: 1 };
  const inputs = Object.entries(actions).filter(([, schema]) => schema !== undefined);
  Object.assign(step, {
    oneOf: [{ required: ['run'] }, { required: ['uses'] }],
    allOf: [
      where({ required: ['uses'], properties: { uses: { not: { const: RUN_ACTION } } } }, { properties: forbidden(SHORTHAND) }),
      where(isConst('uses', 'deploy'), { required: ['component'] }),
      ...inputs.map(([name, schema]) =>
        where(isConst('uses', name), {
          properties: { with: clean(schema) },
          ...(dict(schema).required === undefined ? {} : { required: ['with'] }),
        }),
      ),
      where(
        { required: ['shell'], properties: { shell: { const: false } } },
        { properties: Object.fromEntries(['run', 'undo', 'capture', 'probe'].map((key) => [key, { type: 'array' }])) },
      ),
    ],
  });
}

const mapped = (schemas: Schemas): Schema => Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, clean(schema)]));

/** The argument of a check, and what it expects. */
const partOf = (schema: JsonSchema | undefined, key: string): Schema | undefined => {
  const part = dict(dict(schema).properties)[key];
  return part === undefined ? undefined : clean(part as JsonSchema);
};

function defineCheck(definitions: Record<string, Schema>, checks: Schemas): void {
  definitions.check!.allOf = Object.entries(checks).map(([kind, schema]) => {
    const expected = partOf(schema, 'expect');
    const demanded = ([dict(schema).required ?? []].flat() as string[]).filter((key) => key === 'expect');
    return where(
      { required: [kind] },
      {
        properties: { [kind]: partOf(schema, kind) ?? true, expect: expected ?? false },
        ...(demanded.length === 0 ? {} : { required: demanded }),
      },
    );
  });
}

function defineComponent(definitions: Record<string, Schema>, drivers: Schemas, routers: Schemas): void {
  const component = definitions.component!;
  const properties = dict(component.properties);
  properties.version = { ...dict(properties.version), pattern: `^[A-Za-z0-9][A-Za-z0-9._+:@/~-]{0,254}$|${VARIABLE}` };
  properties.router = { ...dict(properties.router), properties: mapped(routers) };
  const shared = Object.fromEntries(COMPONENT.map((key) => [key, true]));
  const withoutRequired = (schema: JsonSchema | undefined): Schema => {
    const { required: _, ...rest } = clean(schema);
    return rest;
  };
  component.allOf = Object.entries(drivers).map(([driver, schema]) => {
    const settings = withoutRequired(schema);
    return where(isConst('driver', driver), { ...settings, properties: { ...shared, ...dict(settings.properties) } });
  });
  definitions.complete_component = {
    description: 'A component that no environment adds to.',
    allOf: [
      { required: ['driver', 'version'] },
      ...Object.entries(drivers).map(([driver, schema]) => {
        return where(isConst('driver', driver), { required: dict(schema).required ?? [] });
      }),
    ],
  };
}

/** What there is where only plugins that come with the command are listed. */
function defineOwn(
  definitions: Record<string, Schema>,
  sections: Schema,
  all: (part: 'actions' | 'drivers' | 'routers' | 'checks' | 'conditions') => Schemas,
): void {
  const fields = Object.values(all('drivers')).flatMap((schema) => Object.keys(dict(dict(schema).properties)));
  const kinds = Object.keys(all('checks'));
  const text = { type: 'string', pattern: VARIABLE };
  definitions.own_component = {
    allOf: [
      {
        properties: {
          driver: { anyOf: [{ enum: Object.keys(all('drivers')) }, text] },
          router: {
            anyOf: [{ enum: Object.keys(all('routers')) }, text, { type: 'object', propertyNames: { enum: Object.keys(all('routers')) } }],
          },
        },
        propertyNames: { enum: [...COMPONENT, ...new Set(fields)] },
      },
    ],
  };
  definitions.own_step = {
    allOf: [
      {
        properties: {
          uses: { anyOf: [{ enum: Object.keys(all('actions')) }, text] },
          when: { propertyNames: { enum: Object.keys(all('conditions')) } },
        },
      },
    ],
  };
  definitions.own_check = {
    allOf: [
      {
        propertyNames: { enum: [...CHECK, 'expect', ...kinds] },
        oneOf: kinds.map((kind) => ({ required: [kind] })),
      },
    ],
  };
  const suite = { items: ref('own_check') };
  definitions.own_verify = { allOf: [{ properties: { smoke: suite, acceptance: suite, security: suite, performance: suite } }] };
  definitions.own_environment = {
    allOf: [
      {
        propertyNames: { enum: [...ENVIRONMENT, ...Object.keys(sections)] },
        properties: { ...sections, components: { additionalProperties: ref('own_component') }, verify: ref('own_verify') },
      },
    ],
  };
}
