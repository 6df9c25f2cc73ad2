import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildConfig } from '../../src/config/load.js';
import { parseText } from '../../src/config/parse.js';
import { isShipError } from '../../src/errors/ship-error.js';
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
