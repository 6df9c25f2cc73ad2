import { readFileSync } from 'node:fs';
import { loadConfig } from '@ship/config';
import { isShipError, type Report } from '@ship/core';
import { emptyReport, findSecrets, Redactor, toReported } from '@ship/core/kernel';
import { type Arguments, configFile, type Flags, guessed, parseWithSkipFlag, readsConfig, verbOf } from './arguments.js';
import { errors } from './errors.js';
import { guardProcess, leave } from './process.js';
import { openTerminal, type Terminal } from './terminal.js';
import { flatten, showError } from './view/report.js';

/** The `ship` command. Resolves when all is written; the exit status is set. */
export async function main(argv: readonly string[]): Promise<void> {
  const terminal = openTerminal({ json: argv.includes('--json'), verbose: argv.includes('--verbose') || argv.includes('-v') }, process.env);
  const started = new Date();
  const commandLine = ['ship', ...argv].join(' ');
  let known: Arguments | undefined;
  let report: Report;
  const verb = () => verbOf(known ?? guessed(argv));
  const guard = guardProcess((exit, uncaught) => unfinished(exit, uncaught, verb(), started), terminal.json);
  try {
    known = await parseWithSkipFlag(argv);
    report = measured(await dispatch(terminal, known, commandLine), started);
  } catch (error) {
    const redact = await redactionFor(known);
    showError(terminal, error, redact);
    report = refusal(error, started, redact(verb()), redact);
  }
  guard.done();
  if (guard.uncaught.length > 0) report = await withUncaught(terminal, report, guard.uncaught, known);
  if (terminal.json) terminal.document(report);
  leave(report.exit_code);
}

function dispatch(terminal: Terminal, { verb, rest, flags }: Arguments, commandLine: string): Promise<Report> | Report {
  if (flags.version) return version(terminal);
  if (flags.help || verb === 'help') return helpVerb(terminal, verb, rest);
  if (verb === undefined)
    return flags.listSnapshots ? pluginVerb(terminal, flags, 'snapshots', ['list']) : deployVerb(terminal, flags, commandLine);
  return own(terminal, verb, rest, flags, commandLine) ?? pluginVerb(terminal, flags, verb, rest);
}

function own(
  terminal: Terminal,
  verb: string,
  rest: readonly string[],
  flags: Flags,
  commandLine: string,
): Promise<Report> | Report | undefined {
  switch (verb) {
    case 'validate':
      return noWords(verb, rest) ?? import('./verbs/check.js').then(({ validate }) => validate(terminal, flags));
    case 'plugins':
      return noWords(verb, rest) ?? import('./verbs/plugins.js').then(({ plugins }) => plugins(terminal, flags));
    case 'init':
      return noWords(verb, rest) ?? import('./verbs/init/init.js').then(({ init }) => init(terminal, process.cwd()));
    case 'explain':
      return noWords(verb, rest.slice(1)) ?? import('./verbs/help.js').then(({ explain }) => explain(terminal, rest[0]));
    case 'trust':
      return import('./verbs/trust.js').then(({ trust }) => trust(terminal, flags, rest));
    // Shells ask for it at every key, in any folder: nothing is executed for it.
    case 'completion':
      return import('./verbs/completion.js').then(({ completion }) => completion(terminal, flags, rest));
    case 'lock':
      return import('./verbs/lock.js').then(({ lock }) => lock(terminal, flags, rest));
    case 'status':
      return noWords(verb, rest) ?? import('./verbs/status.js').then(({ status }) => status(terminal, flags));
    case 'doctor':
      return noWords(verb, rest) ?? import('./verbs/check.js').then(({ doctor }) => doctor(terminal, flags, commandLine));
    case 'history':
      return noWords(verb, rest.slice(1)) ?? import('./verbs/status.js').then(({ history }) => history(terminal, flags, rest[0]));
    case 'rollback':
      if (rest.length > 0)
        throw errors.SHIP_USAGE({
          problem: `\`ship rollback\` takes no ${JSON.stringify(rest[0])}`,
          hint: 'Write `ship rollback --to ID` for a snapshot; alone it takes the last run back.',
        });
      return import('./verbs/deploy.js').then(({ rollback }) => rollback(terminal, flags, commandLine));
    case 'decide':
      return noWords(verb, rest) ?? import('./verbs/decide.js').then(({ decide }) => decide(terminal, flags));
    case 'state':
      return import('./verbs/state.js').then(({ state }) => state(terminal, flags, rest, commandLine));
    case 'resume':
      return noWords(verb, rest) ?? import('./verbs/deploy.js').then(({ resumeLast }) => resumeLast(terminal, flags, commandLine));
    case 'recover':
      return noWords(verb, rest) ?? import('./verbs/deploy.js').then(({ recoverLast }) => recoverLast(terminal, flags, commandLine));
    default:
      return undefined;
  }
}

/** `ship help VERB`, `ship VERB --help`: about that verb. */
function helpVerb(terminal: Terminal, verb: string | undefined, rest: readonly string[]): Promise<Report> | Report {
  const about = verb === 'help' ? rest[0] : verb;
  return noWords('help', verb === 'help' ? rest.slice(1) : []) ?? import('./verbs/help.js').then(({ help }) => help(terminal, about));
}

function noWords(verb: string, rest: readonly string[]): undefined {
  if (rest.length > 0) throw errors.SHIP_USAGE({ problem: `\`ship ${verb}\` takes no ${JSON.stringify(rest[0])}` });
}

const deployVerb = (terminal: Terminal, flags: Flags, commandLine: string) =>
  import('./verbs/deploy.js').then(({ deploy }) => deploy(terminal, flags, commandLine));
const pluginVerb = (terminal: Terminal, flags: Flags, name: string, rest: readonly string[]) =>
  import('./verbs/plugins.js').then(({ runPluginCommand }) => runPluginCommand(terminal, flags, name, rest));

function version(terminal: Terminal): Report {
  const { version: result } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  terminal.line(result);
  return { ...emptyReport('version', new Date()), result };
}

/** A run has measured itself; every other command took as long as the process did. */
const measured = (report: Report, started: Date): Report =>
  report.run === null ? { ...report, started_at: started.toISOString(), duration_ms: Date.now() - started.getTime() } : report;

/** The report of a command that ended before anything was touched. */
function refusal(error: unknown, started: Date, command: string, redact: (text: string) => string): Report {
  const exit_code = isShipError(error) ? error.exitCode : 3;
  return {
    ...emptyReport(command, started),
    status: exit_code === 130 ? 'interrupted' : 'refused',
    exit_code,
    duration_ms: Date.now() - started.getTime(),
    errors: flatten(error).map((each) => toReported(each, redact)),
  };
}

/** What masks an error that ends the command: it may show what only the config calls a secret. */
async function redactionFor(known: Arguments | undefined): Promise<(text: string) => string> {
  const redactor = new Redactor(findSecrets(process.env, known === undefined ? [] : await namedSecrets(known)));
  return (text) => redactor.redact(text);
}

/** None where the config cannot be read: its own mistakes are masked where they are made. */
async function namedSecrets(known: Arguments): Promise<readonly string[]> {
  const { env: environment } = known.flags;
  try {
    const { config } = await loadConfig({
      cwd: process.cwd(),
      env: process.env,
      dataOnly: !readsConfig(known),
      ...configFile(known.flags),
      ...(environment === undefined ? {} : { overrides: { environment } }),
    });
    return config.secrets;
  } catch {
    return [];
  }
}

/** The report, with what plugins threw where nobody waited for it. */
async function withUncaught(
  terminal: Terminal,
  report: Report,
  uncaught: readonly unknown[],
  known: Arguments | undefined,
): Promise<Report> {
  const redact = await redactionFor(known);
  for (const error of uncaught) showError(terminal, error, redact);
  return { ...report, errors: [...report.errors, ...uncaught.map((error) => toReported(error, redact))] };
}

/** The report of a command that something else ended. Nobody can wait any more, so no secret of the config can be looked up: errors are counted, not quoted. */
function unfinished(exit_code: number, uncaught: readonly unknown[], verb: string, started: Date): Report {
  const text =
    exit_code === 130
      ? 'ended at once'
      : `ended before its work was done: a plugin ended the process, or awaits something that never comes${uncaught.length > 0 ? ` (${uncaught.length} uncaught errors)` : ''}; \`ship status\` says what it left`;
  return { ...refusal(new Error(text), started, verb, (same) => same), exit_code, status: exit_code === 130 ? 'interrupted' : 'failed' };
}
