import { readFileSync } from 'node:fs';
import { type Decision, type Report, SchemaChecker } from '@ship/core';
import { decide as decideAbout, emptyReport, readContext, replay } from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { answerOf, openFromFlags } from '../open.js';
import type { Terminal } from '../terminal.js';
import { drawTree } from '../view/format.js';

/** `ship decide`: what would be decided about a failure, that of a file or that of a past run. Touches nothing. */
export function decide(terminal: Terminal, flags: Flags): Promise<Report> {
  if (flags.context !== undefined) return decideFile(terminal, flags.context);
  if (flags.replay !== undefined) return replayRun(terminal, flags, flags.replay);
  throw errors.SHIP_USAGE({
    problem: '`ship decide` needs a failure to decide about',
    hint: 'Write `ship decide --context FILE` (`-` reads stdin), or `ship decide --replay RUN`.',
  });
}

async function decideFile(terminal: Terminal, file: string): Promise<Report> {
  const source = file === '-' ? 'stdin' : file;
  const decision = decideAbout(await readContext(new SchemaChecker(), parse(source, read(file, source)), source));
  show(terminal, 'Decision', decision);
  return answered(emptyReport('decide', new Date()), decision);
}

async function replayRun(terminal: Terminal, flags: Flags, given: string): Promise<Report> {
  const kernel = await openFromFlags(flags);
  const { run, recorded, now, context } = await replay(kernel, given);
  show(terminal, `Then, in ${run}`, recorded);
  show(terminal, 'Now', now);
  return { ...answered(answerOf(kernel, 'decide', {}), now), result: { run, recorded, context } as never };
}

/** The decision stands in the report as that of a run does, and its fields stand beside it, for scripts. */
const answered = (report: Report, decision: Decision): Report => ({ ...report, decision, ...decision });

function read(file: string, source: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw errors.SHIP_CONTEXT_UNREADABLE({ source, reason: (cause as Error).message }, { cause });
  }
}

function parse(source: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw errors.SHIP_CONTEXT_UNREADABLE({ source, reason: `it is no JSON: ${(cause as Error).message}` }, { cause });
  }
}

function show({ line, paint }: Terminal, title: string, { severity, action, scope, via, options, recommended, reasons }: Decision): void {
  const how = action === 'rollback' ? `${scope} rollback by ${via}` : action;
  const choice = (option: string) => (option === recommended ? `${option} (recommended)` : option);
  const tree = {
    text: `${paint.bold(`${title}:`)} ${severity}, ${how}`,
    children: [
      ...(options.length > 0 ? [{ text: `Options: ${options.map(choice).join(', ')}` }] : []),
      ...reasons.map((text) => ({ text: paint.dim(text) })),
    ],
  };
  for (const each of drawTree(tree)) line(each);
}
