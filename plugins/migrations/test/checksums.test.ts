import { describe, expect, it } from 'vitest';
import type { Migration } from '../src/migration.js';
import { changedSince, crcOf, hashesOf } from '../src/tools/checksums.js';

const migration = (id: string, ...texts: string[]): Migration => ({
  id,
  name: '',
  up: texts.map((text) => ({ file: `${id}.sql`, line: 1, text })),
  down: 'none',
});

describe('checksums of tools', () => {
  // By zlib.crc32 of Python.
  it.each([
    ['CREATE TABLE person (id int);\n', '1409128202'],
    ['CREATE TABLE person (\r\n  id int\r\n);', '1189318033'],
    ['CREATE TABLE person (\n  id int\n);\n', '1189318033'],
    ['', '0'],
  ])('given %j, then Flyway has %s for it', (text, expected) => {
    expect(crcOf(text)).toEqual([expected]);
  });

  it('given what was kept, then those are named whose text is another one, and none without a checksum or a file', () => {
    const migrations = [migration('1', 'a', 'b'), migration('2', 'c'), migration('3', 'd')];
    const kept = [
      { id: '1', checksum: hashesOf('a|b')[0] },
      { id: '2', checksum: hashesOf('was c')[0] },
      { id: '3', checksum: undefined },
      { id: '4', checksum: 'gone' },
    ];
    expect(changedSince(kept, migrations, { checksums: hashesOf, between: '|' })).toEqual(['2']);
  });

  it('given other ends of lines or a mark at the beginning, then it is the same text', () => {
    const [one] = hashesOf('a\nb\n');
    for (const text of ['a\r\nb\r\n', 'a\nb\n']) expect(hashesOf(text)).toContain(one);
    expect(hashesOf('a\nb\n')).toContain(hashesOf('\uFEFFa\nb\n')[0]);
    expect(hashesOf('a\nc\n')).not.toContain(one);
  });
});
