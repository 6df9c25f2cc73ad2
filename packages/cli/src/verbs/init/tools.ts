import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { firstOf, namesIn, textOf } from './files.js';
import { healthPath, smokeOf } from './health.js';
import type { Manifest } from './node.js';
import { PORTS, type Project, quote, type Recipe, script } from './recipe.js';

/** Where people keep the configuration of their infrastructure. */
const INFRASTRUCTURE = ['infra', 'infrastructure', 'terraform', 'tofu', 'deploy/terraform', '.'];

const holdsTerraform = (folder: string): boolean => namesIn(folder).some((name) => name.endsWith('.tf') || name.endsWith('.tf.json'));

/** Infrastructure of Terraform or OpenTofu, by the plugin `terraform`: each environment has a workspace. */
export function terraformRecipe({ folder }: Project): Recipe | undefined {
  const dir = INFRASTRUCTURE.find((name) => holdsTerraform(join(folder, name)));
  if (dir === undefined) return undefined;
  return {
    what: `the Terraform configuration in ${dir === '.' ? 'this folder' : dir}`,
    plugins: [
      `{ terraform: { dir: ${quote(dir)}, environments: { staging: { workspace: staging }, production: { workspace: production } } } }`,
    ],
    steps: ['- { id: infra, uses: terraform/apply }', '- { id: outputs, uses: terraform/output, with: { file: .speckit/outputs.json } }'],
    smoke: ['- { run: "test -s .speckit/outputs.json" } # better: ask what was made, such as { http: "https://shop.example/healthz" }'],
    notes: ['Each environment has a workspace of its own, which the first deployment makes.'],
  };
}

const COMPOSE = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** A project of Docker Compose. What was deployed last is kept, since the file in the folder is the next one. */
export function composeRecipe({ folder, name }: Project): Recipe | undefined {
  const file = firstOf(folder, COMPOSE);
  if (file === undefined) return undefined;
  const project = `docker compose -p "${composeName(name)}-$SHIP_ENVIRONMENT"`;
  const published = /(?<![\d.])(\d{2,5}):\d{2,5}(?:\/tcp)?["'\s,\]]/.exec(textOf(folder, file) ?? '')?.[1];
  return {
    what: file,
    steps: [
      '- id: deploy',
      '  capture: cat ".deployed/$SHIP_ENVIRONMENT.yml" 2>/dev/null || true',
      ...script('run', [
        'mkdir -p .deployed && chmod 700 .deployed',
        `override="${file.replace(/\.ya?ml$/, '')}.$SHIP_ENVIRONMENT.yml"`,
        `set -- -f ${file}`,
        'if [ -f "$override" ]; then set -- "$@" -f "$override"; fi',
        `${project} "$@" config > ".deployed/$SHIP_ENVIRONMENT.next"`,
        `${project} -f ".deployed/$SHIP_ENVIRONMENT.next" up -d --build --wait --remove-orphans`,
        'mv ".deployed/$SHIP_ENVIRONMENT.next" ".deployed/$SHIP_ENVIRONMENT.yml"',
      ]),
      ...script('undo', [
        'if [ -n "$SHIP_CAPTURE" ]; then',
        '  printf \'%s\\n\' "$SHIP_CAPTURE" > ".deployed/$SHIP_ENVIRONMENT.yml"',
        `  ${project} -f ".deployed/$SHIP_ENVIRONMENT.yml" up -d --wait --remove-orphans`,
        'else',
        `  ${project} -f ".deployed/$SHIP_ENVIRONMENT.next" down || ${project} -f ".deployed/$SHIP_ENVIRONMENT.yml" down`,
        '  rm -f ".deployed/$SHIP_ENVIRONMENT.yml"',
        'fi',
      ]),
    ],
    smoke: [
      `- { run: ${JSON.stringify(`test -n "$(${project} -f ".deployed/$SHIP_ENVIRONMENT.yml" ps --status running --quiet)"`)} }`,
      ...(published === undefined ? [] : [`# - { tcp: "127.0.0.1:${published}" } # the port that production publishes`]),
    ],
    notes: [
      'There is no plugin for Compose yet: the step runs `docker compose` itself. Volumes stay as they are when it is taken back.',
      `Two environments on one machine need ports of their own: in ${file.replace(/\.ya?ml$/, '')}.staging.yml, which is read on top.`,
      'Give images a tag for each version: a rollback starts the images that the old file names. Add .deployed/ to .gitignore.',
    ],
  };
}

/** Compose takes small letters, digits, `-` and `_`. */
const composeName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9_-]+/g, '-');

/** One container of the image of a Dockerfile. */
export function dockerRecipe({ folder, name, version }: Project): Recipe | undefined {
  const dockerfile = textOf(folder, 'Dockerfile');
  if (dockerfile === undefined) return undefined;
  const inside = /^EXPOSE\s+(\d+)/im.exec(dockerfile)?.[1] ?? '8080';
  const image = composeName(name);
  const container = `"${image}-$SHIP_ENVIRONMENT"`;
  const start = (of: string) =>
    `docker run -d --name ${container} --restart unless-stopped -p "127.0.0.1:$port:${inside}" -e PORT=${inside} ${of}`;
  const port = `case "$SHIP_ENVIRONMENT" in production) port=${PORTS.production} ;; *) port=${PORTS.staging} ;; esac`;
  const path = healthPath(folder);
  return {
    what: 'Dockerfile',
    steps: [
      '- id: image',
      `  env: { IMAGE: ${JSON.stringify(`${image}:${version.replaceAll('+', '-')}`)} }`,
      '  run: docker build -t "$IMAGE" .',
      '- id: deploy',
      `  env: { IMAGE: ${JSON.stringify(`${image}:${version.replaceAll('+', '-')}`)} }`,
      `  capture: docker inspect -f "{{.Image}}" ${container} 2>/dev/null || true`,
      ...script('run', [port, `docker rm -f ${container} > /dev/null 2>&1 || true`, start('"$IMAGE"')]),
      ...script('undo', [
        port,
        `docker rm -f ${container} > /dev/null 2>&1 || true`,
        `if [ -n "$SHIP_CAPTURE" ]; then ${start('"$SHIP_CAPTURE"')}; fi`,
      ]),
    ],
    smoke: path === undefined ? [running(container)] : smokeOf(PORTS.production, path),
    ...(path === undefined ? {} : { staging: ['verify:', '  smoke:', ...smokeOf(PORTS.staging, path).map((line) => `    ${line}`)] }),
    notes: [
      'There is no plugin for containers yet: the steps run `docker` itself, so the port is free for a moment while one container follows the other.',
      'The image that ran before is what a rollback starts again: keep it, and give each version a tag of its own.',
    ],
  };
}

const running = (container: string): string =>
  `- { run: ${JSON.stringify(`docker inspect -f "{{.State.Running}}" ${container} | grep -q true`)} } # better: { http: "http://127.0.0.1:${PORTS.production}/" }`;

/** Files that a web server serves from `current`, which points at one release. */
export function staticRecipe({ folder, version }: Project, manifest: Manifest | undefined): Recipe | undefined {
  const built = manifest?.scripts.build !== undefined;
  const dir = ['dist', 'build', 'out', 'public', 'site', '_site', '.'].find((each) => existsSync(join(folder, each, 'index.html')));
  if (dir === undefined && !built) return undefined;
  const from = dir === undefined || (built && dir === '.') ? 'dist' : dir;
  const what = dir === undefined ? 'what the build script makes in dist' : `the static site in ${dir === '.' ? 'this folder' : dir}`;
  return linkRecipe({ what, id: 'publish', from, version });
}

/** The example of an empty folder: it makes what it publishes. */
export const exampleRecipe = ({ version }: Project): Recipe => ({
  ...linkRecipe({ what: '', id: 'link', from: undefined, version }),
  notes: [
    'Nothing here says what is deployed, so this publishes a page of one line: put your own commands in its place.',
    'Services of this machine have a driver (`driver: release`), and Terraform an action; for everything else there is `run`, with `capture` and `undo`.',
  ],
});

interface Link {
  readonly what: string;
  readonly id: string;
  readonly from: string | undefined;
  readonly version: string;
}

/** What a web server serves. */
const SITE = 'published/$SHIP_ENVIRONMENT';

/** A folder a release, and a link to the one that is served: switched in one step, and back. */
function linkRecipe({ what, id, from, version }: Link): Recipe {
  const copied =
    from === '.'
      ? 'tar -cf - --exclude ./published --exclude ./.speckit --exclude ./.git --exclude ./ship.yaml . | tar -xf - -C "$release"'
      : `cp -R ${from}/. "$release"`;
  return {
    what,
    steps: [
      `- id: ${id}`,
      `  env: { VERSION: ${JSON.stringify(version)} }`,
      `  capture: readlink "${SITE}/current" || true`,
      ...script('run', [
        `release="${SITE}/releases/$VERSION-$(date +%Y%m%d%H%M%S)-$$"`,
        'mkdir -p "$release"',
        from === undefined ? 'echo "This is $VERSION" > "$release/index.html"' : copied,
        `ln -sfn "releases/\${release##*/}" "${SITE}/current"`,
      ]),
      ...script('undo', [`if [ -n "$SHIP_CAPTURE" ]; then ln -sfn "$SHIP_CAPTURE" "${SITE}/current"; else rm -f "${SITE}/current"; fi`]),
    ],
    smoke: [
      `- { run: ${JSON.stringify(`test -s "${SITE}/current/index.html"`)} } # better: { http: "https://shop.example/", expect: { status: 200 } }`,
    ],
    notes: [
      'There is no plugin for files on a web server yet. Let yours serve published/production/current (nginx: `root`), or write its folder for `published/$SHIP_ENVIRONMENT`.',
      'Old folders in releases/ are kept, so that one can go back to them: remove them when you like. Add published/ to .gitignore.',
    ],
  };
}
