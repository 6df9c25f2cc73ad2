// npm run bench -- [GROUP ...] [--peers] [--rounds N] [--json]: docs/performance.md says what is measured and how to read it.
import { parseArgs } from 'node:util';
import { GROUPS } from './groups/index.mjs';
import { machine, printMachine } from './lib/machine.mjs';
import { runRounds } from './lib/rounds.mjs';
import { buildTable, printGoals, printTable } from './lib/table.mjs';

const USAGE = `usage: npm run bench -- [${Object.keys(GROUPS).join('|')} ...] [--peers] [--rounds N] [--json]\n`;

/** `--smoke` is for the tests: the smallest sizes, once. Its figures mean nothing. */
const OPTIONS = { rounds: { type: 'string' }, json: { type: 'boolean' }, peers: { type: 'boolean' }, smoke: { type: 'boolean' } };

function readArguments() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const names = positionals.length > 0 ? positionals : Object.keys(GROUPS);
  if (names.some((name) => !(name in GROUPS)) || (rounds !== undefined && !(rounds >= 1))) throw new Error('unknown words');
  return { names, rounds, json: values.json === true, peers: values.peers === true, isSmoke: values.smoke === true };
}

async function runGroup(name, options) {
  const { candidates, tables, end, ...group } = await GROUPS[name](options);
  const rounds = options.isSmoke ? 1 : (options.rounds ?? group.rounds);
  const warmUp = group.warmUp === true && !options.isSmoke;
  try {
    const samples = await runRounds(candidates, { rounds, warmUp, onMeasure: showProgress(name, rounds) });
    return { name, rounds, tables: tables.map((table) => buildTable(table, candidates, samples)) };
  } finally {
    await end?.();
  }
}

function showProgress(group, rounds) {
  if (!process.stderr.isTTY) return undefined;
  return ({ name }, round) => process.stderr.write(`\r\x1b[K${group} ${round + 1}/${rounds} ${name}`);
}

async function main({ names, json, peers, ...options }) {
  const about = machine();
  if (!json) process.stdout.write(`${printMachine(about)}\n`);
  const groups = [];
  for (const name of names) groups.push(await runGroup(name, options));
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (json) process.stdout.write(`${JSON.stringify({ ...about, groups }, null, 2)}\n`);
  else process.stdout.write(peers ? groups.map(printGroup).join('') : printGoals(groups.flatMap(({ tables }) => tables)));
}

const printGroup = ({ name, rounds, tables }) => `## ${name}, ${rounds} rounds\n\n${tables.map(printTable).join('\n')}\n`;

let given;
try {
  given = readArguments();
} catch {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}
if (given !== undefined) await main(given);
