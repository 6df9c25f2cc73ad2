import type { YAMLError } from 'yaml';
import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import { DEPTH_LIMIT } from './depth.js';
import type { Mistakes } from './mistakes.js';
import type { Written } from './written.js';

/** Turns what the parser complains about into mistakes. Throws unless the rest of the text can still be read. */
export function addSyntaxErrors(written: Written, mistakes: Mistakes): void {
  const found = [...written.document.errors].sort((a, b) => a.pos[0] - b.pos[0]);
  // Only the first: what follows is mostly the same slip seen again. Doubled keys are told by the tree reader.
  const fatal = found.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (fatal !== undefined) mistakes.fatal(translate(fatal, written));
}

function translate({ code, message, pos }: YAMLError, { at }: Written): ShipError {
  const extras = { at: at(pos[0]) };
  if (code === 'TAB_AS_INDENT') return errors.SHIP_CONFIG_TAB(undefined, extras);
  if (code === 'RESOURCE_EXHAUSTION') return errors.SHIP_CONFIG_TOO_DEEP({ limit: DEPTH_LIMIT }, extras);
  return errors.SHIP_CONFIG_SYNTAX({ reason: withoutContent(message) }, extras);
}

/** The parser quotes parts of the file, which may be a secret. */
function withoutContent(message: string): string {
  return message.replace(/:? ?"[\s\S]*$/, '').replace(/(anchor|alias|tag|directive|escape sequence|number)\b[\s\S]*$/i, '$1');
}
