import { readFileSync } from 'node:fs';
import { type Report, suggest } from '@ship/core';
import { emptyReport } from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { helpText, type VerbHelp } from '../help.js';
import { openFromFlags } from '../open.js';
import type { Terminal } from '../terminal.js';

/** `ship --help` and `ship help`. */
export async function help(terminal: Terminal, flags: Flags): Promise<Report> {
  const text = helpText(terminal.paint, await pluginVerbs(terminal, flags));
  terminal.line(text.trimEnd());
  return { ...emptyReport('help', new Date()), result: text };
}

/** The verbs that the plugins of the config bring; none where there is no config, or none that can be read. */
async function pluginVerbs(terminal: Terminal, flags: Flags): Promise<Record<string, VerbHelp>> {
  try {
    const { commands } = (await openFromFlags(terminal, flags)).registry;
    return Object.fromEntries(
      commands.names().map((name) => {
        const { summary, usage } = commands.get(name)!;
        return [name, { usage: usage === undefined ? name : `${name} ${usage}`, summary }];
      }),
    );
  } catch {
    return {};
  }
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

function readSections(): Map<string, string> {
  const page = readFileSync(new URL('./errors.md', import.meta.url), 'utf8');
  const parts = page.split(/^#{2,3} (SHIP_[A-Z_]+)\s*$/m).slice(1);
  const sections = new Map<string, string>();
  for (let index = 0; index < parts.length; index += 2) sections.set(parts[index]!, parts[index + 1]!.replace(/^## .*$/m, '').trim());
  return sections;
}
