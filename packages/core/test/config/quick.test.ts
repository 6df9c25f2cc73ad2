import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseStrictly } from '../../src/config/parse.js';
import { readQuickly } from '../../src/config/quick.js';

/** What the strict reader makes of a text; undefined where it finds anything wrong. */
function readStrictly(text: string): unknown {
  try {
    const { source, mistakes } = parseStrictly({ file: '/ship.yaml', shown: 'ship.yaml', text, root: [] });
    mistakes.throwIfAny();
    return source.value;
  } catch {
    return undefined;
  }
}

const CONFIG = `# A comment
version: 1
project: shop
max_parallel: 2
environments: { staging: {}, production: { approval: required } }
components:
  api: { driver: release, version: "1.10", path: ./api, run: [node, 'it''s.mjs'], port: 8080 }
steps:
  - { id: one, run: "echo \\"hi\\" && ls *.txt", undo: 'rm -f x', timeout: 10s }
  - id: two
    run: |
      set -e
        indented
      echo done # not a comment
    undo: >-
      folded
      text

      more
    env: { A: b:c, EMPTY: "", URL: http://example.com/#x }
    needs: []
  - id: three
    run: npm ci && npm test || exit 1
    when: { branch: [main, release/*] }
    continue_on_error: true
verify:
  smoke:
    - { http: "http://127.0.0.1:1/", expect: { status: 200 } }
    - run: several words
        over lines
`;

describe('the quick reader', () => {
  it('given a config, when it is read quickly, then it is what the strict reader reads', () => {
    expect(readQuickly(CONFIG)).toEqual(readStrictly(CONFIG));
    expect(readQuickly(CONFIG)).toBeDefined();
  });

  it.each([
    ['an anchor', 'a: &x 1\nb: *x'],
    ['a tag', 'a: !!str 1'],
    ['a directive', '%YAML 1.2\n---\na: 1'],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['a tab', 'a:\n\tb: 1'],
    ['a doubled key', 'a: 1\na: 2'],
    ['a merge key', 'a: 1\n<<: { b: 2 }'],
    ['a number as a key', '1.10: x'],
    ['a boolean as a key', 'true: x'],
    ['a forbidden key', '__proto__: { x: 1 }'],
    ['an octal number', 'a: 0755'],
    ['a number with an exponent', 'a: 1234567e8'],
    ['a number with too many digits', 'a: 12345678901234567890'],
    ['infinity', 'a: .inf'],
    ['an empty value', 'a:'],
    ['an empty file', ''],
    ['nesting beyond the limit', `a: ${'['.repeat(70)}${']'.repeat(70)}`],
    ['broken syntax', 'a: [1, 2'],
    ['a carriage return', 'a: 1\r\nb: 2'],
  ])('given %s, when it is read quickly, then it is left to the strict reader', (_, text) => {
    expect(readQuickly(text)).toBeUndefined();
  });

  it('given any text near a config, when the quick reader understands it, then the strict one agrees', () => {
    const places = fc.nat(CONFIG.length);
    const change = fc.record({ at: places, cut: fc.nat(3), put: fc.stringMatching(/^[ \n:{}[\],&*!#|>'"%@`?~<.\-0-9a-z=\\]{0,3}$/) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const text = changes.reduce((now, { at, cut, put }) => now.slice(0, at) + put + now.slice(at + cut), CONFIG);
        const quick = readQuickly(text);
        if (quick !== undefined) expect({ text, value: quick }).toEqual({ text, value: readStrictly(text) });
      }),
      { numRuns: 3_000 },
    );
  });

  it('given any data, when it is written as YAML and understood quickly, then it comes back', () => {
    const word = fc.oneof(
      fc.string({ unit: 'grapheme' }),
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
        const quick = readQuickly(text);
        if (quick !== undefined) expect({ text, value: quick }).toEqual({ text, value: readStrictly(text) });
      }),
      { numRuns: 2_000 },
    );
  });
});
