import { type Alias, type Document, isCollection, type Node, visit } from 'yaml';
import { errors } from '../errors/catalogue.js';
import type { Mistakes } from './mistakes.js';
import { start } from './nodes.js';
import type { Written } from './written.js';

/** How often aliases may multiply the content; the default of the parser, kept on purpose. */
const MOST_ALIASES = 100;

/** Throws where an alias has no anchor, contains itself, or multiplies the content too often. */
export function checkAliases(written: Written, mistakes: Mistakes): void {
  const { document, at } = written;
  // Most files have none, and then the walk over all nodes is saved.
  if (!written.text.includes('*')) return;
  const aliases = collect(document);
  for (const alias of aliases) {
    const extras = { at: at(start(alias)) };
    const target = alias.resolve(document);
    if (target === undefined) mistakes.fatal(errors.SHIP_CONFIG_ALIAS({ reason: `\`*${alias.source}\` has no anchor above it` }, extras));
    if (contains(target, alias)) mistakes.fatal(errors.SHIP_CONFIG_ALIAS({ reason: `\`*${alias.source}\` contains itself` }, extras));
  }
  if (aliases.length > 0 && isBomb(document)) {
    mistakes.fatal(errors.SHIP_CONFIG_ALIAS_BOMB(undefined, { at: at(start(aliases[0])) }));
  }
}

function collect(document: Document.Parsed): Alias[] {
  const aliases: Alias[] = [];
  visit(document, {
    Alias(_key, alias) {
      aliases.push(alias);
      // Beyond this it is a bomb in any case, and looking at each would take quadratic time.
      return aliases.length > MOST_ALIASES * 10 ? visit.BREAK : undefined;
    },
  });
  return aliases;
}

function contains(target: Node | undefined, alias: Alias): boolean {
  if (!isCollection(target)) return false;
  let found = false;
  visit(target, {
    Alias(_key, inner) {
      found ||= inner === alias;
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}

function isBomb(document: Document.Parsed): boolean {
  try {
    document.toJS({ maxAliasCount: MOST_ALIASES });
    return false;
  } catch {
    return true;
  }
}
