import { isShipError } from '@ship/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { buildConfig } from '../src/load.js';
import { parseText } from '../src/yaml.js';
import { HEAD } from './helper.js';

function outcome(text: string): unknown {
  try {
    return buildConfig(parseText({ file: '/x/ship.yaml', shown: 'ship.yaml', text, root: [] }), { cwd: '/x', env: { A: 'a' } });
  } catch (error) {
    return error;
  }
}

const harmless = (text: string) => {
  const found = outcome(text);
  if (found instanceof Error && !isShipError(found)) throw found;
  if (isShipError(found)) for (const { at } of found.errors) expect(at === undefined || (at.line >= 1 && at.column >= 1)).toBe(true);
};

const words = fc.constantFrom(
  ...[
    'steps',
    'id',
    'run',
    'uses',
    'needs',
    'verify',
    'smoke',
    'http',
    'expect',
    'components',
    'driver',
    'version',
    'environments',
    'plugins',
    'retry',
    'times',
  ],
  ...[
    ': ',
    ':\n  ',
    '\n- ',
    '\n  - ',
    '{',
    '}',
    '[',
    ']',
    ', ',
    '"',
    "'",
    '&a ',
    '*a',
    '!t ',
    '|\n',
    '${A}',
    '${B}',
    '1',
    '1.10',
    '.nan',
    'true',
    'no',
    '~',
    '<<',
    '? ',
    '---\n',
    '\t',
    '#',
  ],
);

describe('Given any data', () => {
  test('When it is written as YAML and read, then it comes back', () => {
    const word = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.constantFrom('1.10', 'yes', 'null', '0x1F', '1e3', '~', '- a', 'a: b', '#', '2024-01-01', '12:30'),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        word,
        fc.integer(),
        fc.double({ noNaN: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(word, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(word, tree, { minKeys: 1, maxKeys: 5 }), (data) => {
        const text = stringify(data);
        const { source, diagnostics } = parseText({ file: '/x/ship.yaml', shown: 'ship.yaml', text, root: [] });
        if (diagnostics.isEmpty) expect(source.value).toEqual(data);
        // Some keys are not allowed: the rest of the data is there all the same.
        else expect(text).toMatch(/__proto__|constructor|prototype|<</);
      }),
      { numRuns: 500 },
    );
  });
});

describe('Given any text', () => {
  test('When it is loaded, then nothing but a ShipError comes of it', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), harmless), { numRuns: 300 });
  });

  test('When it is made of pieces of a config, then nothing but a ShipError comes of it', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => harmless(HEAD + parts.join(''))),
      { numRuns: 1000 },
    );
  });

  test('When it is any data in the place of a section, then nothing but a ShipError comes of it', () => {
    const sections = fc.constantFrom(
      'steps',
      'verify',
      'components',
      'environments',
      'plugins',
      'optimization',
      'secrets',
      'lane',
      'alerts',
      'rollback_timeout',
    );
    const keys = fc.constantFrom(
      'id',
      'run',
      'uses',
      'needs',
      'smoke',
      'depends_on',
      'retry',
      'times',
      'expect',
      'matches',
      'rollback',
      'approval',
      'a',
      'b',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<unknown>('a', 'b', '', '10s', '(a+)+', null, 0, -1, true, 1.5, 1e30),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
      ),
    }));
    const config = fc.dictionary(sections, tree, { maxKeys: 6 });
    fc.assert(
      fc.property(config, (parts) => harmless(JSON.stringify({ version: 1, project: 'shop', ...parts }))),
      { numRuns: 1000 },
    );
  });
});
