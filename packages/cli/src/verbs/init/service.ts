import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { firstOf, namesIn, sourcesOf, textOf } from './files.js';
import { healthPath, smokeOf } from './health.js';
import { type Manifest, packageManagerOf } from './node.js';
import { PORTS, type Project, quote, type Recipe } from './recipe.js';

/** A service that runs on this machine, by the driver `release`; undefined where nothing says how it is started. */
export function serviceRecipe(project: Project, manifest: Manifest | undefined): Recipe | undefined {
  const { folder, name, version } = project;
  const start = nodeStart(folder, manifest) ?? pythonStart(folder) ?? procfileStart(folder);
  if (start === undefined) return undefined;
  const path = healthPath(folder);
  return {
    what: start.what,
    plugins: ['release'],
    components: [
      '# On this machine, a folder for each release: it is started beside the old one, healthy, and only then switched to.',
      `${quote(name)}:`,
      '  driver: release',
      `  version: ${JSON.stringify(version)}`,
      '  path: .',
      `  run: ${quote(start.run)} # has to listen on $HOST:$PORT, which it is given`,
      `  port: ${PORTS.production} # the port that callers use`,
      path === undefined ? '  health: { tcp: true } # better, where it has such a path: { http: /healthz }' : `  health: { http: ${path} }`,
      ...(start.env === undefined ? [] : [`  env: ${start.env}`]),
    ],
    steps: [`- { id: deploy, uses: deploy, component: ${quote(name)} }`],
    smoke: smokeOf(PORTS.production, path),
    staging: [
      `components: { ${quote(name)}: { port: ${PORTS.staging} } } # so that both can run on one machine`,
      'verify:',
      '  smoke:',
      ...smokeOf(PORTS.staging, path).map((line) => `    ${line}`),
    ],
  };
}

interface Start {
  readonly what: string;
  readonly run: string;
  readonly env?: string;
}

function nodeStart(folder: string, manifest: Manifest | undefined): Start | undefined {
  if (manifest === undefined) return undefined;
  const env = '{ NODE_ENV: production }';
  if (manifest.scripts.start) return { what: 'the start script of package.json', run: `${packageManagerOf(folder).name} start`, env };
  const candidates = [manifest.main, 'server.js', 'server.mjs', 'app.js', 'index.js', 'index.mjs'].filter((file) => file !== undefined);
  const server = candidates.find((file) => /\.listen\(/.test(textOf(folder, file) ?? ''));
  return server === undefined ? undefined : { what: server, run: `exec node ${server}`, env };
}

/** Beside the sources, so that each release has the packages that it was tested with: a venv points out of its folder. */
const PACKAGES = '.packages';

function pythonStart(folder: string): Start | undefined {
  const packages = `${textOf(folder, 'requirements.txt') ?? ''}\n${textOf(folder, 'pyproject.toml') ?? ''}`;
  const uses = (name: string) => new RegExp(`^[\\s"']*${name}\\b`, 'im').test(packages);
  const files = sourcesOf(folder, ['.py']);
  const python = (what: string, words: string): Start => ({
    what,
    run: `exec python3 ${words}`,
    ...(isPython(folder) ? { env: `{ PYTHONPATH: ${PACKAGES} }` } : {}),
  });
  for (const { name, text } of files) {
    const [, variable] = /^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:Flask|FastAPI|Starlette|Quart)\(/m.exec(text) ?? [];
    if (variable === undefined) continue;
    const app = `${name.replace(/\.py$/, '').replaceAll('/', '.')}:${variable}`;
    if (/(?:FastAPI|Starlette|Quart)\(/.test(text)) return python(name, `-m uvicorn ${app} --host "$HOST" --port "$PORT"`);
    if (uses('gunicorn')) return python(name, `-m gunicorn --bind "$HOST:$PORT" ${app}`);
    return python(name, `-m flask --app ${app} run --host "$HOST" --port "$PORT"`);
  }
  if (existsSync(join(folder, 'manage.py'))) {
    const wsgi = namesIn(folder).find((name) => existsSync(join(folder, name, 'wsgi.py')));
    if (wsgi !== undefined && uses('gunicorn')) return python('manage.py', `-m gunicorn --bind "$HOST:$PORT" ${wsgi}.wsgi`);
    return python('manage.py', 'manage.py runserver --noreload "$HOST:$PORT"');
  }
  const server = files.find(({ text }) => /['"]PORT['"]/.test(text) && /\b(?:serve_forever|run_app|serve|run|listen)\(/.test(text));
  return server === undefined ? undefined : python(server.name, server.name);
}

const isPython = (folder: string): boolean => firstOf(folder, ['requirements.txt', 'pyproject.toml']) !== undefined;

/** What makes a Python project ready, and tests it where there are tests. */
export function pythonSteps(folder: string): { id: string; run: string }[] {
  const wanted = existsSync(join(folder, 'requirements.txt')) ? '-r requirements.txt' : '.';
  const text = `${textOf(folder, 'requirements.txt') ?? ''}${textOf(folder, 'pyproject.toml') ?? ''}`;
  return [
    { id: 'install', run: `rm -rf ${PACKAGES} && python3 -m pip install --quiet --target ${PACKAGES} ${wanted}` },
    ...(/\bpytest\b/.test(text) ? [{ id: 'test', run: `PYTHONPATH=${PACKAGES} python3 -m pytest` }] : []),
  ];
}

function procfileStart(folder: string): Start | undefined {
  const web = /^web:\s*(.+)$/m.exec(textOf(folder, 'Procfile') ?? '')?.[1]?.trim();
  return web === undefined ? undefined : { what: 'Procfile', run: web };
}
