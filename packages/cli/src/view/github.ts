import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { type Annotation, isShipError } from '@ship/core';

/** A runner of GitHub Actions looks for `::name::` at the start of a line, and for `##[name]` anywhere. */
const COMMAND = /::|##\[/;

/** Text of others, in which a runner shall find no command: it is asked to stop looking until it reads a word that nobody can guess. */
export function fenced(text: string): string {
  if (!COMMAND.test(text)) return text;
  const token = randomUUID();
  return `::stop-commands::${token}\n${text}\n::${token}::`;
}

/** A line that GitHub shows beside the file. */
export function errorAnnotation(error: unknown, redact: (text: string) => string): string {
  const at = isShipError(error) ? error.at : undefined;
  const title = isShipError(error) ? error.code : 'ship';
  const place = at ? `file=${property(fileInWorkspace(at.file))},line=${at.line},col=${at.column},` : '';
  return `::error ${place}title=${property(title)}::${data(redact(error instanceof Error ? error.message : String(error)))}`;
}

/** What a command of a plugin has to say of a line. */
export const commandAnnotation = ({ level, file, line, title, message }: Annotation, dir: string): string =>
  `::${level} file=${property(fileInWorkspace(resolve(dir, file)))},line=${line},title=${property(title)}::${data(message)}`;

/** A failure of a run. */
export const failureAnnotation = (trigger: string, message: string): string => `::error title=${property(trigger)}::${data(message)}`;

export const warningAnnotation = (message: string): string => `::warning::${data(message)}`;

/** GitHub finds a file from the top of the workspace, wherever `ship` was started. */
function fileInWorkspace(file: string, workspace = process.env.GITHUB_WORKSPACE): string {
  if (!workspace) return file;
  const path = relative(realPath(workspace), realPath(file));
  return path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? file : path;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** GitHub reads one line: what would break it is written in percent. */
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
