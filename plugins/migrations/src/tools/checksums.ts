import { crc32 } from 'node:zlib';
import { sha256 } from '@ship/core';
import type { Migration } from '../migration.js';

/** The texts that a tool may have read where a file says this now: no other end of lines is another text, nor is the mark at its beginning. */
function formsOf(text: string): string[] {
  const unix = text.replaceAll('\r\n', '\n');
  return [text, unix, unix.replaceAll('\n', '\r\n')].flatMap((each) => [each, `\uFEFF${each}`]);
}

/** What Prisma and Drizzle keep: the SHA-256 of the file. */
export const hashesOf = (text: string): string[] => formsOf(text).map(sha256);

/** What Flyway keeps: the CRC-32 of the lines without their ends, as a signed number (`ChecksumCalculator`). */
export const crcOf = (text: string): string[] => [String(crc32(text.replace(/[\r\n]/g, '')) | 0)];

/** What a tool has kept of a migration that it has applied. */
export interface Kept {
  readonly id: string;
  /** Absent where it has kept none. */
  readonly checksum: string | undefined;
}

/** The migrations whose text is not what was applied, by the checksums that the tool has kept. Those without a file are not among them. */
export function changedSince(
  kept: readonly Kept[],
  migrations: readonly Migration[],
  { checksums, between = '' }: { readonly checksums: (text: string) => readonly string[]; readonly between?: string },
): string[] {
  const texts = new Map(migrations.map(({ id, up }) => [id, up.map(({ text }) => text).join(between)]));
  return kept.flatMap(({ id, checksum }) => {
    const text = texts.get(id);
    return text === undefined || checksum === undefined || checksums(text).includes(checksum) ? [] : [id];
  });
}
