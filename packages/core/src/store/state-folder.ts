import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createFile, FOLDER_MODE } from '@ship/system';
import { errors } from '../errors/catalogue.js';

/** Holds the name of the project that the folder belongs to. */
const MARK = 'project';

/** Beside the config: what all projects there have in common. */
export const sharedFolder = (dir: string): string => resolve(dir, '.speckit');

/**
 * The folder of the state: `.speckit` beside the config. Where that is of another project already, as two configs may lie in
 * one folder, a folder of its own within it: nothing of one project is seen or touched by the other.
 */
export function stateFolder(dir: string, project: string): string {
  const shared = sharedFolder(dir);
  const owner = projectOf(shared);
  return owner === undefined || owner === project ? shared : join(shared, 'projects', project);
}

/** Writes down whose folder it is, where nobody has yet. Of two projects that begin there at once one has to ask again. */
export function claimFolder(folder: string, project: string): void {
  const path = join(folder, MARK);
  if (readText(path) === undefined) {
    createFile(path, Buffer.from(`${project}\n`));
    // One that held the config alone, as in a fresh clone, is as open as any folder until then.
    chmodSync(folder, FOLDER_MODE);
  }
  if (readText(path)?.trim() !== project) throw errors.SHIP_STORE_CONFLICT({ key: MARK, expected: project });
}

/** Versions before 0.1 left no mark: any of their journals says whose it is. */
function projectOf(folder: string): string | undefined {
  const marked = readText(join(folder, MARK));
  if (marked !== undefined) return marked.trim();
  for (const environment of namesIn(join(folder, 'runs')))
    for (const run of namesIn(join(folder, 'runs', environment))) {
      const [, project] =
        /"project":"([^"]+)"/.exec(readText(join(folder, 'runs', environment, run, 'journal.jsonl'))?.split('\n', 1)[0] ?? '') ?? [];
      if (project !== undefined) return project;
    }
  return undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
