import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@ship/testing';
import type { History, Migration, Script } from '../../src/migration.js';

/** A folder with these files, removed when the test has finished. */
export function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

export const idsOf = ({ migrations }: History): string[] => migrations.map(({ id }) => id);

export const rulesOf = ({ flaws }: History): string[] => flaws.map(({ level, rule }) => `${level} ${rule}`);

export const scriptsOf = ({ up, down }: Migration): Script[] => [...up, ...(typeof down === 'string' ? [] : down)];

/** What a way consists of: its texts, or that it is opaque. */
export const textsOf = (way: Migration['down']): string | string[] =>
  typeof way === 'string' ? way : way.map(({ text, opaque }) => (opaque === undefined ? text : `opaque: ${opaque}`));

/** The lines of scripts that do not stand in their files where they say. */
export function misplaced(folder: string, { migrations }: History): string[] {
  return migrations.flatMap(scriptsOf).flatMap(({ file, line, text }) => {
    if (text === '') return [];
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    return text
      .split('\n')
      .flatMap((part, index) => ((lines[line - 1 + index] ?? '').includes(part) ? [] : [`${file}:${line + index}: ${part}`]));
  });
}
