import type { Position, ShipError } from '@ship/core';
import { Diagnostics, type Part, type Path, type PositionOf } from '@ship/core/kernel';
import {
  type Alias,
  Composer,
  CST,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  visit,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { errors } from './errors.js';
import { formatPath } from './values.js';

/** How deep maps and lists may be nested. */
export const DEPTH_LIMIT = 64;

/** How often aliases may multiply the content. */
const MOST_ALIASES = 100;

/** Numbers and words are read as YAML 1.2 reads them. {@link Reader} looks for doubled keys, as it says where the first one is. */
const OPTIONS = { version: '1.2', schema: 'core', merge: false, resolveKnownTags: false, uniqueKeys: false, logLevel: 'silent' } as const;

/** The content of a file, and which part of it is the config. */
export interface Text {
  /** Absolute path. */
  readonly file: string;
  readonly shown: string;
  readonly text: string;
  /** The key that holds the config, in package.json. */
  readonly root: Path;
}

/** A config as it was written: its value before anything is replaced or merged, and where each part stands. */
export interface Source {
  /** Absolute path. */
  readonly file: string;
  /** The path as people see it, in positions and messages. */
  readonly shown: string;
  readonly value: unknown;
  /** Where the entry at a path stands, or the nearest one above it. */
  readonly position: PositionOf;
  /** The text of a plain scalar as the user wrote it, such as `1.10`. */
  written(path: Path): string | undefined;
}

/** A file that was read: its value, where things stand, and what is wrong with it so far. */
export interface Parsed {
  readonly source: Source;
  readonly diagnostics: Diagnostics;
}

type At = (offset: number) => Position;

/** Parses YAML or JSON, and keeps the positions. Throws where the text cannot be understood at all. */
export function parseText({ file, shown, text, root }: Text): Parsed {
  const diagnostics = new Diagnostics(shown);
  const lines = new LineCounter();
  const at: At = (offset) => {
    const { line, col } = lines.linePos(offset);
    return { file: shown, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = compose(text, lines, at, diagnostics);
  const top = document.getIn(root, true) as Node | null | undefined;
  if (!top) return diagnostics.fatal(errors.SHIP_CONFIG_EMPTY({ file: shown }, { at: at(0) }));
  const value = new Reader(document, at, diagnostics).read(top);
  const position = (path: Path, part?: Part) => at(find(document, [...root, ...path], part).offset);
  const written = (path: Path) => plainText(document, find(document, [...root, ...path]).node);
  return { source: { file, shown, value, position, written }, diagnostics };
}

function compose(text: string, lines: LineCounter, at: At, diagnostics: Diagnostics): Document.Parsed {
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  for (const token of tokens) {
    const offset = token.type === 'document' ? tooDeepAt(token) : undefined;
    if (offset !== undefined) diagnostics.fatal(errors.SHIP_CONFIG_TOO_DEEP({ limit: DEPTH_LIMIT }, { at: at(offset) }));
  }
  const [document, second] = [...new Composer(OPTIONS).compose(tokens, true, text.length)];
  if (second !== undefined) diagnostics.fatal(errors.SHIP_CONFIG_TWO_DOCUMENTS(undefined, { at: at(second.range[0]) }));
  // Only the first: what follows is mostly the same slip seen again.
  const [slip] = [...document!.errors].sort((a, b) => a.pos[0] - b.pos[0]);
  if (slip !== undefined) diagnostics.fatal(syntaxError(slip, at));
  if (document!.directives.yaml.version === '1.1') {
    const offset = Math.max(0, text.indexOf('%YAML'));
    diagnostics.add(errors.SHIP_CONFIG_DIRECTIVE({ directive: '%YAML 1.1' }, { at: at(offset) }));
  }
  return document!;
}

/** Asked before anything recursive sees the document: a nesting without end would end the process. */
function tooDeepAt(document: CST.Document): number | undefined {
  let offset: number | undefined;
  CST.visit(document, ({ key, value }, { length }) => {
    const deep = [key, value].find((token) => token && CST.isCollection(token));
    if (length < DEPTH_LIMIT || !deep) return undefined;
    offset = deep.offset;
    return CST.visit.BREAK;
  });
  return offset;
}

function syntaxError({ code, message, pos }: YAMLError, at: At): ShipError {
  const extras = { at: at(pos[0]) };
  if (code === 'TAB_AS_INDENT') return errors.SHIP_CONFIG_TAB(undefined, extras);
  // The parser quotes parts of the file, which may be a secret.
  const reason = message.replace(/:? ?"[\s\S]*$/, '').replace(/(anchor|alias|tag|directive|escape sequence|number)\b[\s\S]*$/i, '$1');
  return errors.SHIP_CONFIG_SYNTAX({ reason }, extras);
}

/** A node that is no alias. */
type Value = Scalar | YAMLMap | YAMLSeq;

/** Makes plain data of a document. What a config must not have is left out and becomes a mistake. */
class Reader {
  readonly #anchors = new Map<string, unknown>();
  #firstAlias: Alias | undefined;
  #nextWarning = 0;

  constructor(
    private readonly document: Document.Parsed,
    private readonly at: At,
    private readonly diagnostics: Diagnostics,
  ) {}

  read(top: Node): unknown {
    visit(top, {
      Alias: (_, alias, ancestors) => this.#checkAlias(alias, ancestors),
      Value: (_, node, ancestors) => this.#checkNode(node, ancestors),
      Map: (_, map, ancestors) => {
        this.#checkNode(map, ancestors);
        this.#checkKeys(map as YAMLMap<Node, Node | null>, ancestors);
      },
    });
    try {
      return top.toJS(this.document, { maxAliasCount: MOST_ALIASES });
    } catch {
      // An alias may also lead to what was left out: that is a mistake already.
      this.diagnostics.throwIfAny();
      return this.diagnostics.fatal(errors.SHIP_CONFIG_ALIAS_BOMB(undefined, this.#place(this.#firstAlias)));
    }
  }

  #place(node: Node | null | undefined): { readonly at: Position } {
    return { at: this.at(start(node)) };
  }

  #checkAlias(alias: Alias, ancestors: readonly unknown[]): void {
    this.#firstAlias ??= alias;
    const target = this.#anchors.get(alias.source);
    const reason = target === undefined ? 'has no anchor above it' : 'contains itself';
    if (target !== undefined && !ancestors.includes(target)) return;
    this.diagnostics.fatal(errors.SHIP_CONFIG_ALIAS({ reason: `\`*${alias.source}\` ${reason}` }, this.#place(alias)));
  }

  #noteAnchor(node: Value): void {
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  #checkNode(node: Value, ancestors: readonly unknown[]): void {
    this.#noteAnchor(node);
    const { tag } = node;
    if (tag === undefined || this.document.schema.tags.some((known) => known.tag === tag)) return;
    const details = { path: formatPath(pathTo(node, ancestors)), tag: tag.replace(/^tag:yaml\.org,2002:/, '!!') };
    this.diagnostics.add(errors.SHIP_CONFIG_TAG(details, { at: this.at(this.#tagOffset(node)) }));
  }

  /** Where the tag in front of a node stands: of tags themselves, only the parser's warnings have an offset. */
  #tagOffset(node: Node): number {
    const { warnings } = this.document;
    let offset = start(node);
    for (; (warnings[this.#nextWarning]?.pos[0] ?? Number.POSITIVE_INFINITY) <= start(node); this.#nextWarning++)
      offset = warnings[this.#nextWarning]!.pos[0];
    return offset;
  }

  #checkKeys(map: YAMLMap<Node, Node | null>, ancestors: readonly unknown[]): void {
    const seen = new Map<string, Node>();
    map.items = map.items.filter((pair) => {
      const name = keyText(pair.key);
      const problem = keyProblem(pair.key);
      if (name !== undefined && problem === undefined && name !== '<<' && !seen.has(name)) return seen.set(name, pair.key);
      this.#refuseKey(pair, pathTo(map, ancestors), problem, seen.get(name ?? ''));
      // An alias of what is left out is no mistake of its own.
      for (const part of [pair.key, pair.value]) visit(part, { Value: (_, node) => this.#noteAnchor(node) });
      return false;
    });
  }

  #refuseKey({ key }: Pair<Node>, map: Path, problem: string | undefined, first: Node | undefined): void {
    const name = keyText(key);
    const path = formatPath(name ? [...map, name] : map);
    const place = this.#place(key);
    if (problem !== undefined) this.diagnostics.add(errors.SHIP_CONFIG_KEY({ path, reason: problem }, place), map);
    else if (name === '<<') this.diagnostics.add(errors.SHIP_CONFIG_MERGE_KEY({ path }, place), map);
    else this.diagnostics.add(errors.SHIP_CONFIG_DUPLICATE_KEY({ path, line: this.#place(first).at.line }, place));
  }
}

/** Where a node stands in the config. `ancestors`: those around it, from the top. */
function pathTo(node: unknown, ancestors: readonly unknown[]): Path {
  return ancestors.flatMap((around, index) => {
    if (isSeq(around)) return around.items.indexOf(ancestors[index + 1] ?? node);
    return isPair(around) ? (keyText(around.key) ?? []) : [];
  });
}

/** What stands at a path, if there is anything, and where it, or the nearest thing above it, begins. */
function find(document: Document, path: Path, part?: Part): { readonly node?: unknown; readonly offset: number } {
  let node: unknown = document.contents;
  let offset = start(node);
  for (const [index, key] of path.entries()) {
    const parent = isAlias(node) ? node.resolve(document) : node;
    const pair = isMap(parent) ? parent.items.find((item) => keyText(item.key) === String(key)) : undefined;
    if (!pair && !(isSeq(parent) && Number(key) in parent.items)) return { offset };
    node = pair ? pair.value : (parent as YAMLSeq).items[Number(key)];
    offset = start(pair && ((part === 'key' && index === path.length - 1) || !node) ? pair.key : node);
  }
  return { node, offset };
}

function plainText(document: Document, node: unknown): string | undefined {
  const scalar = isAlias(node) ? node.resolve(document) : node;
  return isScalar(scalar) && scalar.type === 'PLAIN' ? scalar.source : undefined;
}

/** The text of a key as it becomes the key of an object. */
function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value ?? '') : undefined;
}

function keyProblem(key: unknown): string | undefined {
  if (!isScalar(key)) return 'must be a plain word, not an alias, a list or a map';
  const { value, source = '' } = key;
  if (value === null || value === '') return 'is empty';
  if (typeof value === 'string') return forbiddenKey(value);
  return String(value) === source ? undefined : `is written ${source.slice(0, 40)}, which YAML reads as ${String(value)}`;
}

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** What is wrong with the name of a key, or undefined. */
export function forbiddenKey(key: string): string | undefined {
  return FORBIDDEN.has(key) ? `may not be named \`${key}\`` : undefined;
}

/** Where a node begins. */
function start(node: unknown): number {
  return (isNode(node) && node.range?.[0]) || 0;
}
