import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const CORE = 'packages/core/src/';
const sources = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'packages/*/src/*', 'plugins/*/src/*'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file.endsWith('.ts'));

/** What each file imports of its own package, as paths from the root. */
const imports = new Map(
  sources.map((file) => [
    file,
    Array.from(readFileSync(join(root, file), 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g), ([, to]) =>
      relative(root, join(root, dirname(file), to!.replace(/\.js$/, '.ts'))),
    ),
  ]),
);

/** The files and folders of the kernel in the order of the page, top down. */
const order = Array.from(
  readFileSync(join(root, 'docs/architecture.md'), 'utf8').matchAll(/^\| `([a-z0-9-]+(?:\.ts|\/))`/gm),
  ([, name]) => name!,
);
/** The doors of the package, which everything may be behind. */
const DOORS = ['index.ts', 'kernel-api.ts'];

const roomOf = (file: string): string => {
  const inside = file.slice(CORE.length);
  return inside.includes('/') ? `${inside.split('/')[0]}/` : inside;
};

it('given the order of docs/architecture.md, when a file of the kernel imports another, then that stands beside or above it', () => {
  const kernel = [...imports].filter(([file]) => file.startsWith(CORE) && !DOORS.includes(roomOf(file)));
  expect(kernel.length).toBeGreaterThan(50);
  expect([...new Set(kernel.map(([file]) => roomOf(file)))].filter((room) => !order.includes(room))).toEqual([]);
  const wrong = kernel.flatMap(([file, targets]) =>
    targets.filter((target) => order.indexOf(roomOf(target)) > order.indexOf(roomOf(file))).map((target) => `${file} -> ${target}`),
  );
  expect(wrong).toEqual([]);
});

/** What the kernel knows nothing of, in code or comments. */
const TOOLS = [
  ...['terraform', 'tofu', 'pulumi', 'ansible', 'helm', 'helm_values', 'kubectl', 'kubernetes', 'docker', 'podman', 'nomad'],
  ...['haproxy', 'nginx', 'traefik', 'envoy', 'flyway', 'liquibase', 'git', 'github', 'gitlab', 'npm', 'aws', 'gcloud', 'azure'],
  ...['ssh', 'rsync', 'slack', 'pagerduty', 'shell/run'],
];

it('given the sources of the kernel, when they are searched for names of tools, then there are none', () => {
  const words = new RegExp(`(?<![\\w-])(?:${TOOLS.join('|')})(?![\\w-])`, 'gi');
  const found = sources
    .filter((file) => file.startsWith(CORE))
    .flatMap((file) =>
      Array.from(readFileSync(join(root, file), 'utf8').matchAll(words), ([word]) => ({ file, word: word.toLowerCase() })),
    );
  expect(found).toEqual([]);
});

it('given all files, when their imports are followed, then none comes back to where it began', () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file) || path.includes(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  expect(circles).toEqual([]);
});

it('given the programs that outlive the command, when they are bundled, then they hold little of the kernel', () => {
  for (const [name, most] of Object.entries({ supervisor: 17, front: 48 })) {
    const { size } = statSync(join(root, 'packages/cli/dist', `${name}.js`));
    expect(size / 1024, name).toBeLessThan(most);
  }
});

it('given the cases of tests, when git is asked what it ignores of them, then it keeps every file', () => {
  // A case may have a .gitignore of its own, and what that names exists only where the case was written.
  const ignored = execFileSync('git', ['ls-files', '--others', '--ignored', '--exclude-standard', '--', 'test', 'examples'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(ignored.split('\n').filter((file) => file !== '' && !/(?:^|\/)(?:node_modules|\.speckit)\//.test(file))).toEqual([]);
});
