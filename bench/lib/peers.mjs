import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PEERS = fileURLToPath(new URL('../peers/node_modules', import.meta.url));
const MISSING = 'not installed';

/** A program on PATH, as argv; undefined where there is none. */
function onPath(name) {
  // Servers stand where only root looks for programs.
  const paths = `${process.env.PATH ?? ''}${delimiter}/usr/sbin`.split(delimiter).map((folder) => join(folder, name));
  return paths.find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The argv of an npm package's command: by Node itself, so that no `env` of its first line is measured. */
function ofPackage(name) {
  const manifest = join(PEERS, name, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return [process.execPath, join(dirname(manifest), typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0]))];
}

/** The native program that npm has for this platform, if any. */
function bundledJust() {
  const path = join(PEERS, `rust-just-${process.platform}-${process.arch}`, 'bin/just');
  return existsSync(path) ? path : undefined;
}

/** What stands for a tool in a list of candidates: its argv, or why there is none. */
export function tool(name) {
  const found = name === 'just' ? (onPath(name) ?? bundledJust()) : onPath(name);
  return found === undefined ? { isPeer: true, missing: MISSING, argv: [] } : { isPeer: true, argv: [found] };
}

/** The same for a command of an npm package in bench/peers. */
export function packageTool(name) {
  const argv = ofPackage(name);
  return argv === undefined ? { isPeer: true, missing: MISSING, argv: [] } : { isPeer: true, argv };
}

/** The folder of a library in bench/peers. */
export function library(name) {
  const folder = join(PEERS, name);
  return existsSync(folder) ? { isPeer: true, folder } : { isPeer: true, missing: MISSING };
}
