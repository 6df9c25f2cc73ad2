import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { freshFolder } from './folders.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The control plane and the fake nodes of the tests, in this process; undefined where they are not installed. `end` ends them. */
export async function openCluster() {
  const { hasCluster, hasFakeNodes, startCluster, startNodes } = await servicesOfTests();
  if (!hasCluster() || !hasFakeNodes()) return undefined;
  const toDo = [];
  const atEnd = (each) => void toDo.push(each);
  const end = async () => {
    for (const each of toDo.splice(0).reverse()) await each();
  };
  try {
    const cluster = await startCluster(atEnd);
    await startNodes(cluster, { nodes: 2 }, atEnd);
    const context = (await cluster.kubectl('config', 'current-context')).stdout.trim();
    return { ...cluster, context, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** They are TypeScript, and say where they are by the folder that they stand in. */
async function servicesOfTests() {
  const outfile = join(ROOT, `node_modules/.cache/bench-services-${process.pid}.mjs`);
  const at = join(ROOT, 'test/services');
  try {
    await build({
      stdin: {
        contents: "export * from './cluster.ts'; export { startNodes } from './kubelet.ts';",
        resolveDir: at,
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      define: { 'import.meta.dirname': JSON.stringify(at) },
      outfile,
      logLevel: 'error',
    });
    return await import(pathToFileURL(outfile));
  } finally {
    rmSync(outfile, { force: true });
  }
}

/** Runs a program while the nodes go on in this process. Answers its exit code, what it said, and how long it took. */
export function runBeside([file, ...args], { env, cwd = freshFolder() }) {
  const began = performance.now();
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said, ms: performance.now() - began }));
  });
}
