import { readFileSync } from 'node:fs';
import { DEPENDENCY_KINDS, FAILURE_TYPES, LANES, SEVERITIES, SUITES, TRIGGERS } from '@ship/core';
import { Diagnostics } from '@ship/core/kernel';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { KERNEL_KEYS } from '../src/layers.js';
import { checkSections } from '../src/normalize.js';
import { HEAD, load, told } from './helper.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const schema = JSON.parse(read('schemas/config.schema.json'));

describe('Given the schema of the config', () => {
  test('When ajv takes it at its word, then it knows each keyword', () => {
    expect(() => new Ajv({ strict: true, strictTypes: false }).compile(schema)).not.toThrow();
  });

  test('When it lists words, then they are those of the types', () => {
    expect(Object.keys(schema.properties)).toEqual([...KERNEL_KEYS]);
    expect(schema.definitions.lane.enum).toEqual([...LANES]);
    expect(schema.definitions.retry.properties.on.items.enum).toEqual([...FAILURE_TYPES]);
    expect(Object.keys(schema.definitions.verify.properties)).toEqual([...SUITES, 'bake']);
    expect(schema.definitions.severity.enum).toEqual([...SEVERITIES]);
    expect([...schema.definitions.trigger.enum, 'step_failed']).toEqual([...TRIGGERS]);
    expect(Object.keys(schema.definitions.rollback.properties.severity.properties)).toEqual([...TRIGGERS]);
    expect(schema.definitions.component.properties.depends_on.items.additionalProperties.enum).toEqual([...DEPENDENCY_KINDS]);
  });

  test('When an editor shows a key, then there is a description', () => {
    for (const [name, definition] of Object.entries<Record<string, unknown>>({ '': schema, ...schema.definitions })) {
      for (const [key, value] of Object.entries((definition.properties ?? {}) as Record<string, Record<string, unknown>>)) {
        expect(
          value.description ?? (value.$ref && schema.definitions[String(value.$ref).split('/').at(-1)!].description),
          `${name}.${key}`,
        ).toBeTypeOf('string');
      }
    }
  });
});

describe('Given sections at the top', () => {
  test('When nobody owns one, then the nearest key is suggested at its position', async () => {
    const { config, positionOf } = await load(`${HEAD}alerts: {}\nstpes: []\nalrets: {}\n`);
    const known =
      '`version`, `project`, `environments`, `default_environment`, `optimization`, `plugins`, `components`, `steps`, `verify`, `max_parallel`, `lane`, `secrets`, `rollback_timeout`, `store`, `alerts`';
    const diagnostics = new Diagnostics('ship.yaml');
    checkSections(config, ['alerts'], positionOf, diagnostics);
    expect(diagnostics.all().map(told)).toEqual([
      `ship.yaml:4:1 SHIP_CONFIG_UNKNOWN_KEY stpes is not a known key | Did you mean \`steps\`? Known here: ${known}.`,
      `ship.yaml:5:1 SHIP_CONFIG_UNKNOWN_KEY alrets is not a known key | Did you mean \`alerts\`? Known here: ${known}.`,
    ]);
  });
});
