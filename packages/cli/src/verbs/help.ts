import { readFileSync } from 'node:fs';
import { type Report, suggest } from '@ship/core';
import { emptyReport } from '@ship/core/kernel';
import { errors } from '../errors.js';
import { ALL_VERBS, helpText, verbText } from '../help.js';
import type { Terminal } from '../terminal.js';

/** `ship --help`, `ship help VERB` and `ship VERB --help`. No config is read and no plugin is loaded for it. */
export function help(terminal: Terminal, verb: string | undefined): Report {
  const text = verb === undefined ? helpText(terminal.paint) : verbText(verb, terminal.paint);
  if (text === undefined) {
    const known = Object.keys(ALL_VERBS);
    throw errors.SHIP_COMMAND_UNKNOWN({ name: verb!, known, suggestion: suggest(verb!, known) });
  }
  terminal.line(text.trimEnd());
  return { ...emptyReport('help', new Date()), result: text };
}

/** `ship explain CODE`: the section of docs/errors.md about a code, which is shipped beside the command. */
export function explain({ line, paint }: Terminal, code: string | undefined): Report {
  const sections = readSections();
  const known = [...sections.keys()];
  if (code === undefined) {
    for (const each of known) line(each);
    return { ...emptyReport('explain', new Date()), result: known };
  }
  const word = code.toUpperCase().replace(PREFIX, '');
  const wanted = `SHIP_${word}`;
  const text = sections.get(wanted);
  if (text === undefined) throw errors.SHIP_CODE_UNKNOWN({ code, near: near(word, known) });
  line(paint.bold(wanted));
  line(text);
  return { ...emptyReport('explain', new Date()), result: { code: wanted, text } };
}

/** What all codes begin with says nothing of which one is meant. */
const PREFIX = /^SHIP_/;

/** The codes in which a word begins so; where there is none, the one that is spelt most alike. */
function near(word: string, known: readonly string[]): readonly string[] {
  const holding = word === '' ? [] : known.filter((code) => code.includes(`_${word}`));
  if (holding.length > 0) return holding;
  const alike = suggest(
    word,
    known.map((code) => code.replace(PREFIX, '')),
  );
  return alike === undefined ? [] : [`SHIP_${alike}`];
}

export function readSections(): Map<string, string> {
  const page = readFileSync(new URL('./errors.md', import.meta.url), 'utf8');
  const parts = page.split(/^#{2,3} (SHIP_[A-Z_]+)\s*$/m).slice(1);
  const sections = new Map<string, string>();
  for (let index = 0; index < parts.length; index += 2) sections.set(parts[index]!, parts[index + 1]!.replace(/^## .*$/m, '').trim());
  return sections;
}
