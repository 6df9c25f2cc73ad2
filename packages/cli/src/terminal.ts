import { writeSync } from 'node:fs';
import { presentable, type Report } from '@ship/core';
import { findSecrets, printableJson, Redactor } from '@ship/core/kernel';
import picocolors from 'picocolors';
import { fenced } from './view/github.js';

/** Where a command writes. All that it writes passes {@link Terminal.safe}, so that nobody can forget it. */
export interface Terminal {
  readonly paint: Paint;
  /** There are colours: those of tools may stay. */
  readonly colours: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  /** Somebody sits there: it animates and asks. */
  readonly interactive: boolean;
  /** Runs as a step of GitHub Actions. */
  readonly github: boolean;
  /** A line for people: on stdout, or on stderr where stdout is for JSON. */
  line(text?: string): void;
  /** A line for stderr, whatever stdout is for. */
  error(text: string): void;
  /** A command for the runner of GitHub Actions: the one kind of line that is not fenced there. */
  annotate(where: 'line' | 'error', text: string): void;
  /** The JSON document, on stdout. */
  document(report: Report): void;
  /** What a terminal can be shown: no secret, and nothing that steers it. For what others write there, such as prompts. */
  safe(text: string): string;
  /** Knows more secrets from now on: those that the config names. */
  mask(redactor: Pick<Redactor, 'redact' | 'redactDeep'>): void;
}

/** The terminal of this process. */
export function openTerminal({ json, verbose }: { json: boolean; verbose: boolean }, env: NodeJS.ProcessEnv): Terminal {
  const { stdin, stdout, stderr } = process;
  const toStdout = writerOf(stdout, 'stdout');
  const toStderr = writerOf(stderr, 'stderr');
  const [people, toPeople] = json ? [stderr, toStderr] : [stdout, toStdout];
  const interactive = people.isTTY === true && stdin.isTTY === true && !env.CI && env.TERM !== 'dumb';
  const github = env.GITHUB_ACTIONS === 'true';
  const paint = paintFor(people, env);
  const colours = paint !== PLAIN;
  let redactor: Pick<Redactor, 'redact' | 'redactDeep'> | undefined;
  const masking = () => (redactor ??= new Redactor(findSecrets(env)));
  const safe = (text: string) => presentable(text, (said) => masking().redact(said), { colours });
  const shown = (text: string) => `${github ? fenced(safe(text)) : safe(text)}\n`;
  return {
    paint,
    colours,
    json,
    verbose,
    interactive,
    github,
    line: (text = '') => toPeople(shown(text)),
    error: (text) => toStderr(shown(text)),
    annotate: (where, text) => (where === 'line' ? toPeople : toStderr)(`${safe(text)}\n`),
    document: (report) => toStdout(`${documentOf(masking().redactDeep(report), github)}\n`),
    safe,
    mask(better) {
      redactor = better;
    },
  };
}

/** The output cannot be written: whatever was done, whoever reads it has not got it. */
const UNWRITTEN = 3;

/** Writes to a stream until it takes no more. A reader that goes away, such as `head`, ends the output and nothing else; a full disk is reported. */
function writerOf(stream: NodeJS.WriteStream, name: 'stdout' | 'stderr'): (text: string) => void {
  let isBroken = false;
  const fail = (error: NodeJS.ErrnoException) => {
    if (isBroken) return;
    isBroken = true;
    if (error.code === 'EPIPE') return;
    process.on('exit', () => {
      if (Number(process.exitCode ?? 0) <= 1) process.exitCode = UNWRITTEN;
    });
    try {
      writeSync(name === 'stdout' ? 2 : 1, `✗ ${name} could not be written: ${error.message}\n`);
    } catch {
      // Nobody can be reached; the exit status remains.
    }
  };
  stream.on('error', fail);
  return (text) => {
    if (isBroken) return;
    try {
      stream.write(text);
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
    }
  };
}

/** In JSON a character may be written as its number: the runner of GitHub Actions then sees no `##[command]` in it. */
function documentOf(report: Report, github: boolean): string {
  const text = printableJson(JSON.stringify(report, null, 2));
  return github ? text.replaceAll('##[', '##\\u005b') : text;
}

/** The few colours that are used. */
export type Paint = Pick<ReturnType<typeof picocolors.createColors>, 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'>;

const PLAIN: Paint = { bold: String, dim: String, red: String, green: String, yellow: String, cyan: String };

/** Colours for a stream: none without a terminal, none with NO_COLOR, always with FORCE_COLOR. */
export function paintFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const isForced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0';
  const isWanted = isForced || (stream.isTTY === true && env.TERM !== 'dumb');
  return isWanted && !env.NO_COLOR ? picocolors.createColors(true) : PLAIN;
}
