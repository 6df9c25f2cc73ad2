import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FILE_MODE, FOLDER_MODE } from '../store/durable.js';
import type { Output } from '../types/index.js';
import type { Session } from './session.js';

/** Of the name of a log, without its suffix. */
const LONGEST_NAME = 100;

/** Writes what a tool says to the log of its step, redacted, and tells the view. */
export function logOutput(session: Session, owner: string, { stream, text: said }: Output): void {
  const { kernel, id } = session;
  const text = kernel.redactor.redact(said);
  // A check may have any name; ids of steps are plain already.
  const file = owner.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, LONGEST_NAME);
  append(join(kernel.stateDir, 'runs', kernel.config.environment, id, 'logs', `${file}.log`), text);
  session.emit({ type: 'step-output', step: owner, output: { stream, text } });
}

/** The folder is made when the first line comes. A log that cannot be written never fails a step. */
function append(path: string, text: string): void {
  try {
    appendFileSync(path, text, { mode: FILE_MODE });
  } catch {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
      appendFileSync(path, text, { mode: FILE_MODE });
    } catch {
      // As said above.
    }
  }
}
