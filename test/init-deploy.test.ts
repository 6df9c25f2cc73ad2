import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort, hasProgram } from './services/started.js';
import { runProgram, ship, temporaryFolder } from './support/ship.js';

/** A folder for which `ship init` writes a config, and how one sees what is deployed. */
interface Sample {
  readonly files: (version: number) => Record<string, string>;
  readonly observe: (cwd: string, port: number) => Promise<string> | string;
  /** What stands for a tool that is not on this machine. */
  readonly tools?: Readonly<Record<string, string>>;
  readonly needs?: string;
  readonly git?: boolean;
}

const asked = async (_: string, port: number) => (await fetch(`http://127.0.0.1:${port}/`)).text();
const read = (path: string) => (cwd: string) => readFileSync(join(cwd, path), 'utf8').trim();

const NODE = (version: number) => `import { createServer } from 'node:http';
createServer((request, response) => response.end(request.url === '/healthz' ? 'ok' : 'version ${version}')).listen(process.env.PORT, process.env.HOST);
`;

const PYTHON = (version: number) => `import os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"version ${version}")
HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
`;

/** Keeps images by tag, and the one container that runs. */
const DOCKER = `#!/bin/sh
mkdir -p state
case "$1" in
  build) cat Dockerfile > "state/$(echo "$3" | tr :/ __)" ;;
  inspect) test -s state/running || exit 1; case "$3" in *State*) echo true ;; *) cat state/image ;; esac ;;
  rm) rm -f state/running ;;
  run) for last; do :; done; cat "state/$(echo "$last" | tr :/ __)" > state/running && echo "$last" > state/image ;;
esac
`;

/** Runs what the last file says. */
const COMPOSE = `#!/bin/sh
for word; do
  case "$previous" in -f) file="$word" ;; esac
  case "$word" in config|up|down|ps) verb="$word" ;; esac
  previous="$word"
done
case "$verb" in
  config) cat "$file" ;;
  up) cat "$file" > running ;;
  down) rm -f running ;;
  ps) test -s running && echo 1234 ;;
esac
`;

const SAMPLES: Readonly<Record<string, Sample>> = {
  'a Node service in git': {
    git: true,
    files: (version) => ({
      'package.json': `{ "name": "shop", "version": "${version}.0.0", "type": "module", "scripts": { "start": "node server.js" } }`,
      'server.js': NODE(version),
    }),
    observe: asked,
  },
  'a Node service without a start script': {
    files: (version) => ({
      'package.json': `{ "name": "shop", "version": "${version}.0.0", "type": "module" }`,
      'server.js': NODE(version),
    }),
    observe: asked,
  },
  'a Python service': {
    needs: 'python3',
    files: (version) => ({ 'requirements.txt': '', 'app.py': PYTHON(version) }),
    observe: asked,
  },
  'a Dockerfile': {
    git: true,
    tools: { docker: DOCKER },
    files: (version) => ({ Dockerfile: `version ${version}\nEXPOSE 80\n` }),
    observe: (cwd) => read('state/running')(cwd).split('\n')[0]!,
  },
  'a project of Compose': {
    tools: { docker: COMPOSE },
    files: (version) => ({ 'compose.yaml': `version ${version}\n` }),
    observe: read('running'),
  },
  'a Terraform configuration': {
    needs: 'terraform',
    files: (version) => ({ 'infra/main.tf': `resource "terraform_data" "x" { input = "version ${version}" }\n` }),
    observe: (cwd) => /version \d/.exec(read('infra/terraform.tfstate.d/production/terraform.tfstate')(cwd))![0],
  },
  'a Terraform configuration at the top': {
    needs: 'terraform',
    files: (version) => ({ 'main.tf': `resource "terraform_data" "x" { input = "version ${version}" }\n` }),
    observe: (cwd) => /version \d/.exec(read('terraform.tfstate.d/production/terraform.tfstate')(cwd))![0],
  },
  'a static site': {
    files: (version) => ({ 'index.html': `version ${version}\n` }),
    observe: read('published/production/current/index.html'),
  },
  'a site that is built': {
    files: (version) => ({
      'package.json': `{ "name": "site", "scripts": { "build": "mkdir -p dist && echo version ${version} > dist/index.html" } }`,
    }),
    observe: read('published/production/current/index.html'),
  },
};

function write(cwd: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
}

async function commit(cwd: string): Promise<void> {
  const git = (...args: string[]) => runProgram(['git', '-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd });
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-qm', 'next');
}

describe('what `ship init` writes', () => {
  it.each(Object.entries(SAMPLES))(
    'given %s, when it is deployed, deployed broken, deployed again and rolled back, then each time what should be live is',
    async (_, { files, observe, tools = {}, needs, git = false }) => {
      if (needs !== undefined && !hasProgram(needs)) return;
      const cwd = temporaryFolder();
      const bin = temporaryFolder();
      for (const [name, text] of Object.entries(tools)) {
        writeFileSync(join(bin, name), text);
        chmodSync(join(bin, name), 0o755);
      }
      const run = (...args: string[]) => ship(args, { cwd, env: { PATH: `${bin}:${process.env.PATH}` } });
      const deploy = (...args: string[]) => run('--env', 'production', '--yes', ...args);
      write(cwd, files(1));
      if (git) await commit(cwd);
      expect(await run('init')).toMatchObject({ code: 0 });
      const config = join(cwd, 'ship.yaml');
      const port = await freePort();
      writeFileSync(config, readFileSync(config, 'utf8').replaceAll('8080', String(port)));
      const good = readFileSync(config, 'utf8');
      onTestFinished(async () => {
        if (good.includes('driver: release')) await run('release', 'remove', '--env', 'production');
      });
      for (const environment of ['staging', 'production'])
        expect(await run('validate', '--env', environment)).toMatchObject({ code: 0, stderr: '' });

      expect(await deploy()).toMatchObject({ code: 0 });
      expect(await observe(cwd, port)).toContain('version 1');
      write(cwd, { ...files(2), 'ship.yaml': `${good}    - { run: "false" }\n` });
      if (git) await commit(cwd);
      expect(await deploy('--auto-rollback')).toMatchObject({ code: 1 });
      expect(await observe(cwd, port)).toContain('version 1');
      write(cwd, { ...files(3), 'ship.yaml': good });
      if (git) await commit(cwd);
      expect(await deploy()).toMatchObject({ code: 0 });
      expect(await observe(cwd, port)).toContain('version 3');
      expect(await deploy('rollback')).toMatchObject({ code: 0 });
      expect(await observe(cwd, port)).toContain('version 1');
    },
    60_000,
  );

  it('given a first deployment that fails, when it is rolled back, then nothing of it is left', async () => {
    const cwd = temporaryFolder();
    write(cwd, { 'index.html': 'x' });
    await ship(['init'], { cwd });
    appendFileSync(join(cwd, 'ship.yaml'), '    - { run: "false" }\n');
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(1);
    expect(existsSync(join(cwd, 'published/staging/current'))).toBe(false);
  });
});
