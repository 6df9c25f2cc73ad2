import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { errors } from '../errors/catalogue.js';
import { checkAliases } from './aliases.js';
import { keyProblem } from './keys.js';
import type { Mistakes } from './mistakes.js';
import { findNode, keyText, start } from './nodes.js';
import { type Dict, formatPath, type Path } from './paths.js';
import type { Written } from './written.js';

/** Makes plain data of the nodes. What a config must not have is left out and becomes a mistake. */
export function readTree(written: Written, mistakes: Mistakes): unknown {
  if (written.document.directives.yaml.version === '1.1') {
    const offset = Math.max(0, written.text.indexOf('%YAML'));
    mistakes.add(errors.SHIP_CONFIG_DIRECTIVE({ directive: '%YAML 1.1' }, { at: written.at(offset) }));
  }
  checkAliases(written, mistakes);
  const { node } = findNode(written.document, written.root, 'value');
  return new TreeReader(written, mistakes).read(node ?? null, []);
}

class TreeReader {
  readonly #written: Written;
  readonly #mistakes: Mistakes;

  constructor(written: Written, mistakes: Mistakes) {
    this.#written = written;
    this.#mistakes = mistakes;
  }

  read(node: Node | null, path: Path): unknown {
    if (isAlias(node)) return this.read(node.resolve(this.#written.document) ?? null, path);
    this.#checkTag(node, path);
    if (isMap(node)) return this.#readMap(node as YAMLMap<Node, Node | null>, path);
    if (isSeq(node)) return node.items.map((item, index) => this.read(item as Node, [...path, index]));
    return isScalar(node) ? node.value : null;
  }

  #readMap(map: YAMLMap<Node, Node | null>, path: Path): Dict {
    const result: Dict = {};
    const seen = new Map<string, Node>();
    for (const pair of map.items) {
      const key = this.#readKey(pair, path, seen);
      if (key !== undefined) result[key] = this.read(pair.value, [...path, key]);
    }
    return result;
  }

  /** The key of a pair, or undefined where the pair is left out. */
  #readKey({ key }: Pair<Node, Node | null>, path: Path, seen: Map<string, Node>): string | undefined {
    const { at, text } = this.#written;
    const name = keyText(key);
    const here = formatPath([...path, ...(name === undefined || name === '' ? [] : [name])]);
    const extras = { at: at(start(key)) };
    const problem = keyProblem(key, text);
    const first = name === undefined ? undefined : seen.get(name);
    if (problem !== undefined || name === undefined) {
      this.#mistakes.add(errors.SHIP_CONFIG_KEY({ path: here, reason: problem ?? 'is not a word' }, extras), path);
    } else if (name === '<<') {
      this.#mistakes.add(errors.SHIP_CONFIG_MERGE_KEY({ path: here }, extras), path);
    } else if (first !== undefined) {
      this.#mistakes.add(errors.SHIP_CONFIG_DUPLICATE_KEY({ path: here, line: at(start(first)).line }, extras));
    } else {
      seen.set(name, key);
      return name;
    }
    return undefined;
  }

  #checkTag(node: Node | null, path: Path): void {
    const tag = (node as { tag?: string } | null)?.tag;
    if (tag === undefined || /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/.test(tag)) return;
    const shown = tag.replace(/^tag:yaml\.org,2002:/, '!!');
    this.#mistakes.add(
      errors.SHIP_CONFIG_TAG({ path: formatPath(path), tag: shown }, { at: this.#written.at(tagOffset(this.#written, node)) }),
    );
  }
}

/** Where the tag stands, in front of its node. */
function tagOffset({ text }: Written, node: Node | null): number {
  const offset = start(node);
  const bang = text.lastIndexOf('!', offset);
  const first = text.slice(0, bang).endsWith('!') ? bang - 1 : bang;
  return bang >= 0 && !text.slice(first, offset).includes('\n') ? first : offset;
}
