import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Dialect, Flaw, Migration, Reader, Script } from '../migration.js';
import { dialectNamed, pickDialect } from './dialects.js';
import { compareText, filesIn, foldersIn, oneBegins, sourceOf } from './files.js';
import { compareNumbers, downWithoutUp, grouped, refused, stray } from './flaws.js';
import { anyPlaceholderIn } from './placeholder.js';
import { opaqueScript, scriptFrom } from './script.js';

/** Versioned, undo and baseline have a version; a repeatable one has none. */
const NAME = /^([VUB])([^_](?:(?!__).)*?)__(.*)\.(sql|java|kt|class|py|ps1|sh|bash|cmd|bat)$/i;
const REPEATABLE = /^R__(.*)\.(sql|java|kt|class|py|ps1|sh|bash|cmd|bat)$/i;
const VERSION = /^\d+(?:[._]\d+)*$/;
const CALLBACK = /^(?:before|after|create|undo)[A-Z]\w*?(?:__.*)?\.sql$/;

interface File {
  readonly path: string;
  readonly kind: 'V' | 'U' | 'B' | 'R';
  /** As Flyway prints it, `1.2`; of a repeatable one, its description. */
  readonly version: string;
  readonly description: string;
}

/** Flyway: `V1.2__title.sql`, `U1.2__title.sql` that undoes it, and `R__title.sql`, which is applied whenever it changes. Looks into folders below. */
export const flyway: Reader = {
  name: 'flyway',
  recognises(folder) {
    const paths = pathsBelow(folder).filter((path) => fileAt(path) !== undefined && path.endsWith('.sql'));
    // Liquibase takes any name, and these are well liked.
    return paths.length > 0 && !oneBegins(folder, paths, /^\s*--\s*liquibase\s*formatted/im);
  },
  read(folder, wanted = {}) {
    const paths = pathsBelow(folder);
    const all = paths.flatMap((path) => fileAt(path) ?? []);
    const picked = pickDialect(
      all.flatMap(({ path }) => dialectOf(path) ?? []).filter((each): each is Dialect => each !== 'other'),
      wanted.dialect,
    );
    const files = all.filter(({ path }) => [undefined, picked.dialect].includes(dialectOf(path) as Dialect | undefined));
    const ofKind = (kind: File['kind']) => files.filter((file) => file.kind === kind);
    const undos = grouped(ofKind('U'), ({ version }) => keyOf(version));
    const flaws: Flaw[] = [
      ...picked.flaws,
      ...twice(ofKind('V')),
      ...twice(ofKind('U')),
      ...twice(ofKind('R')),
      ...ofKind('U')
        .filter(({ version }) => !ofKind('V').some((up) => keyOf(up.version) === keyOf(version)))
        .map(({ path }) => downWithoutUp(path)),
      ...paths.flatMap((path) => flawOf(path)),
    ];
    const migrations = ofKind('V')
      .sort((one, other) => compareVersions(one.version, other.version) || compareText(one.path, other.path))
      .map(({ path, version, description }): Migration => {
        const undo = undos.get(keyOf(version));
        return {
          id: version,
          name: description,
          up: [scriptOf(folder, path)],
          down: undo?.map((each) => scriptOf(folder, each.path)) ?? 'none',
        };
      });
    const repeatable = ofKind('R')
      .sort((one, other) => compareText(one.description, other.description))
      .map(
        ({ path, description }): Migration => ({
          id: `R__${description}`,
          name: description,
          up: [scriptOf(folder, path)],
          down: 'none',
          repeatable: true,
        }),
      );
    return { migrations: [...migrations, ...repeatable], flaws, ...(picked.dialect !== undefined && { dialect: picked.dialect }) };
  },
};

/** Files in the folder and below, relative to it. Hidden folders are not looked at, and a link that leads back is not followed again. */
function pathsBelow(folder: string, prefix = '', seen: ReadonlySet<string> = new Set()): string[] {
  const here = join(folder, prefix);
  const real = realpathSync(here);
  if (seen.has(real)) return [];
  const deeper = foldersIn(here).filter((name) => !name.startsWith('.') && name !== 'node_modules');
  return [
    ...filesIn(here).map((name) => `${prefix}${name}`),
    ...deeper.flatMap((name) => pathsBelow(folder, `${prefix}${name}/`, new Set([...seen, real]))),
  ];
}

const nameIn = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function fileAt(path: string): File | undefined {
  const name = nameIn(path);
  const [, repeated] = REPEATABLE.exec(name) ?? [];
  if (repeated !== undefined && name.startsWith('R')) return { path, kind: 'R', version: repeated, description: repeated };
  const [, kind, version = '', description = ''] = NAME.exec(name) ?? [];
  // The prefixes are upper case; the suffix may be either.
  if (kind === undefined || !name.startsWith(kind.toUpperCase()) || !VERSION.test(version)) return undefined;
  return { path, kind: kind as File['kind'], version: version.replaceAll('_', '.'), description };
}

/** By a folder that is named after a database, as in `db/migration/postgresql`. */
const dialectOf = (path: string): Dialect | 'other' | undefined =>
  path
    .split('/')
    .slice(0, -1)
    .map(dialectNamed)
    .find((each) => each !== undefined);

/** `1`, `1.0` and `01` are one version. */
const keyOf = (version: string): string =>
  version
    .split('.')
    .map((part) => BigInt(part).toString())
    .join('.')
    .replace(/(?:\.0)+$/, '');

function compareVersions(one: string, other: string): number {
  const [left, right] = [one.split('.'), other.split('.')];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const order = compareNumbers(left[index] ?? '0', right[index] ?? '0');
    if (order !== 0) return order;
  }
  return 0;
}

const twice = (files: readonly File[]): Flaw[] =>
  [...grouped(files, ({ kind, version }) => (kind === 'R' ? version : keyOf(version)))].flatMap(([version, all]) =>
    all.length < 2
      ? []
      : [
          {
            ...refused('Flyway', `${all.map(({ path }) => path).join(' and ')} are both ${all[0]!.kind}${version}`, all[1]!.path),
            rule: 'duplicate-version',
          },
        ],
  );

function flawOf(path: string): Flaw[] {
  const name = nameIn(path);
  if (fileAt(path) !== undefined || !/\.sql$/i.test(name)) return [];
  if (!CALLBACK.test(name)) return [stray(path, 'Flyway')];
  return [{ level: 'warn', rule: 'callback', message: `${path} is run by Flyway around migrations, and is not looked at`, file: path }];
}

/** Its `.conf` beside it may say how it is run. */
function scriptOf(folder: string, path: string): Script {
  const source = sourceOf(folder, path, { bom: 'skipped' });
  if (!/\.sql$/i.test(path)) return opaqueScript(source, `it is a program: ${nameIn(path)}`);
  const settings = settingsOf(folder, path);
  const isReplaced = settings.get('placeholderreplacement') !== 'false';
  return scriptFrom(source, {
    // It finds out by itself what cannot be in a transaction.
    outsideTransaction: settings.get('executeintransaction') === 'false' || /\b(?:CONCURRENTLY|VACUUM)\b/i.test(source.text),
    opaque: settings.has('shouldexecute')
      ? `whether it is run is said by ${nameIn(path)}.conf`
      : isReplaced
        ? anyPlaceholderIn(source.text, /\$\{[^}]*(?:\}|$)/)
        : undefined,
  });
}

function settingsOf(folder: string, path: string): ReadonlyMap<string, string> {
  const { text } = sourceOf(folder, `${path}.conf`);
  const lines = text.split('\n').map((line) => /^\s*(?:flyway\.)?(\w+)\s*=\s*(.*?)\s*$/.exec(line));
  return new Map(lines.flatMap((found) => (found === null ? [] : [[found[1]!.toLowerCase(), found[2]!] as const])));
}
