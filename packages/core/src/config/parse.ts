import { Composer, LineCounter, Parser } from 'yaml';
import { errors } from '../errors/catalogue.js';
import type { Position } from '../types/index.js';
import { DEPTH_LIMIT, tooDeepAt } from './depth.js';
import { Mistakes } from './mistakes.js';
import { findNode } from './nodes.js';
import type { Path } from './paths.js';
import { readQuickly } from './quick.js';
import type { Source } from './source.js';
import { addSyntaxErrors } from './syntax.js';
import { readTree } from './tree.js';
import type { Written, YamlDocument } from './written.js';

/** The content of a file, and which part of it is the config. */
export interface Text {
  /** Absolute path. */
  readonly file: string;
  readonly shown: string;
  readonly text: string;
  /** The key that holds the config, in package.json. */
  readonly root: Path;
}

/** A file that was read: its value, where things stand, and what is wrong with it so far. */
export interface Parsed {
  readonly source: Source;
  readonly mistakes: Mistakes;
}

/**
 * Parses YAML or JSON. Throws where the text cannot be understood at all.
 * Where a quick look is enough for the value, the strict reader only comes when somebody asks for a position.
 */
export function parseText(given: Text): Parsed {
  const { file, shown, text, root } = given;
  const value = root.length === 0 ? readQuickly(text) : undefined;
  if (value === undefined) return parseStrictly(given);
  let read: Source | undefined;
  const strict = () => {
    read ??= parseStrictly(given).source;
    return read;
  };
  const source: Source = {
    file,
    shown,
    value,
    position: (path, part) => strict().position(path, part),
    written: (path) => strict().written(path),
  };
  return { source, mistakes: new Mistakes(shown) };
}

/** Parses and keeps the positions. */
export function parseStrictly({ file, shown, text, root }: Text): Parsed {
  const mistakes = new Mistakes(shown);
  const lines = new LineCounter();
  const at = (offset: number) => place(shown, lines, offset);
  const document = compose(text, lines, mistakes, at);
  const written: Written = { document, text, root, at };
  addSyntaxErrors(written, mistakes);
  if (findNode(document, root, 'value').node === undefined || document.contents === null) {
    mistakes.fatal(errors.SHIP_CONFIG_EMPTY({ file: shown }, { at: at(0) }));
  }
  return { source: sourceOf(written, file, shown, readTree(written, mistakes)), mistakes };
}

function compose(text: string, lines: LineCounter, mistakes: Mistakes, at: (offset: number) => Position): YamlDocument {
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  for (const token of tokens) {
    const offset = tooDeepAt(token);
    if (offset !== undefined) mistakes.fatal(errors.SHIP_CONFIG_TOO_DEEP({ limit: DEPTH_LIMIT }, { at: at(offset) }));
  }
  const composer = new Composer({ version: '1.2', schema: 'core', merge: false, resolveKnownTags: false, logLevel: 'silent' });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (second !== undefined) mistakes.fatal(errors.SHIP_CONFIG_TWO_DOCUMENTS(undefined, { at: at(second.range[0]) }));
  return document!;
}

function sourceOf({ document, text, root, at }: Written, file: string, shown: string, value: unknown): Source {
  return {
    file,
    shown,
    value,
    position: (path, part = 'value') => at(findNode(document, [...root, ...path], part).offset),
    written(path) {
      const { node, exact } = findNode(document, [...root, ...path], 'value');
      return exact && node?.range ? text.slice(node.range[0], node.range[1]).trim() : undefined;
    },
  };
}

function place(file: string, lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}
