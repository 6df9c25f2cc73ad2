import { basename, dirname } from 'node:path';
import type { Flaw, Migration, Reader } from '../migration.js';
import { filesIn, oneBegins, type Source, sourceOf } from './files.js';
import { grouped } from './flaws.js';
import { headsOf, inOrderOf, type Node } from './graph.js';
import { assignmentsIn, type Value } from './python.js';
import { opaqueBothWays } from './script.js';

/** Django takes each module whose name does not start with one of these. */
const NAME = /^[^_~].*\.py$/;
const CLASS = /^class Migration\b/m;

interface Module extends Node {
  readonly source: Source;
  /** What it stands in for. */
  readonly replaces: readonly string[];
}

/** Django: programs in Python, of one app. Which of them comes after which, they say in `dependencies`. */
export const django: Reader = {
  name: 'django',
  recognises: (folder) =>
    oneBegins(
      folder,
      filesIn(folder).filter((name) => NAME.test(name)),
      CLASS,
    ),
  read(folder) {
    const sources = filesIn(folder)
      .filter((name) => NAME.test(name))
      .map((name) => sourceOf(folder, name))
      .filter(({ text, opaque }) => opaque !== undefined || CLASS.test(text));
    const names = new Set(sources.map(nameOf));
    const pairs = new Map(sources.map((source) => [source, assignmentsIn(source.text, { isInside: true })]));
    const app = appOf(
      folder,
      names,
      [...pairs.values()].flatMap((values) => pairsIn(values.get('dependencies'))),
    );
    const nodes = sources.map((source): Module => {
      const dependencies = pairsIn(pairs.get(source)!.get('dependencies')).filter(([label]) => label === app);
      return {
        id: nameOf(source),
        file: source.file,
        source,
        after: dependencies.map(([, name]) => name),
        replaces: pairsIn(pairs.get(source)!.get('replaces')).map(([, name]) => name),
      };
    });
    const { sorted, flaws } = inOrderOf(nodes, 'Django');
    flaws.push(...severalLeaves(nodes), ...nodes.filter(({ replaces }) => replaces.length > 0).map(squashed));
    const migrations = sorted.map(
      ({ id, source }): Migration => ({
        id,
        name: id.replace(/^\d+_/, ''),
        ...opaqueBothWays(source, 'it is a program in Python: `--print` judges the SQL that Django prints for it'),
      }),
    );
    return { migrations, flaws };
  },
};

const nameOf = ({ file }: Source): string => file.replace(/\.py$/, '');

type Pair = readonly [label: string, name: string];

/** What is not written out, such as `swappable_dependency(…)`, is of another app. */
const pairsIn = (value: Value | undefined): Pair[] =>
  Array.isArray(value)
    ? value.filter(
        (each): each is Pair => Array.isArray(each) && each.length === 2 && each.every((part: Value) => typeof part === 'string'),
      )
    : [];

/** The app is called like the folder around, unless it has another label: then most of what is named here goes by that. */
function appOf(folder: string, names: ReadonlySet<string>, pairs: readonly Pair[]): string {
  const around = basename(dirname(folder));
  const own = pairs.filter(([, name]) => names.has(name));
  if (own.some(([label]) => label === around)) return around;
  const [most] = [...grouped(own, ([label]) => label)].sort(([, one], [, other]) => other.length - one.length);
  return most?.[0] ?? around;
}

function severalLeaves(nodes: readonly Module[]): Flaw[] {
  // Of one that was squashed and those that it stands in for, the others name either.
  const replaced = new Set(nodes.flatMap(({ replaces }) => replaces));
  const leaves = headsOf(nodes).filter(({ id, replaces }) => replaces.length === 0 && !replaced.has(id));
  if (leaves.length < 2) return [];
  return [
    {
      level: 'block',
      rule: 'several-heads',
      message: `Django refuses this folder: nothing comes after ${leaves.map(({ id }) => id).join(' and after ')}`,
    },
  ];
}

/** It stands for others, which a database that has them does not run again. */
const squashed = ({ id, file }: Module): Flaw => ({
  level: 'warn',
  rule: 'squashed',
  message: `${id} stands in for others: where those are applied, it is not run`,
  file,
});
