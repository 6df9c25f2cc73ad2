import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { sha256 } from '../src/sha256.js';

const expected = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

describe('Given the hash of short and of long texts', () => {
  test('When any text or bytes are hashed, first without and then with the crypto of Node, then the hash is that of Node', () => {
    const data = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ maxLength: 300 }));
    fc.assert(fc.property(data, (each) => sha256(each) === expected(each)));
    const long = new Uint8Array(10_000).fill(7);
    expect(sha256(long)).toBe(expected(long));
  });

  test('When texts of all lengths around those of a block are hashed without the crypto of Node, then the hash is that of Node', async () => {
    for (let length = 0; length <= 200; length++) {
      vi.resetModules();
      const fresh = await import('../src/sha256.js');
      const text = 'aä€'.repeat(length).slice(0, length);
      expect(fresh.sha256(text)).toBe(expected(text));
    }
  });
});
