import picocolors from 'picocolors';
import { fenced } from './view/github.js';

/** stdout or stderr. */
type OutputStream = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;

/** Where a command writes. */
export interface Terminal {
  /** For people: stdout, or stderr where stdout is for JSON. */
  readonly people: OutputStream;
  /** stdout, for the JSON document. */
  readonly stdout: OutputStream;
  readonly paint: Paint;
  readonly json: boolean;
  readonly verbose: boolean;
  /** Somebody sits there: it animates and asks. */
  readonly interactive: boolean;
  /** Runs as a step of GitHub Actions. */
  readonly github: boolean;
  line(text?: string): void;
  /** A line for stderr, whatever stdout is for. */
  error(text: string): void;
  /** A command for the runner of GitHub Actions: the one kind of line that is not fenced there. */
  annotate(where: 'line' | 'error', text: string): void;
}

/** The terminal of this process. */
export function openTerminal({ json, verbose }: { json: boolean; verbose: boolean }, env: NodeJS.ProcessEnv): Terminal {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.on('error', unlessNobodyReads);
  const people = json ? stderr : stdout;
  const interactive = people.isTTY === true && process.stdin.isTTY === true && !env.CI && env.TERM !== 'dumb';
  const github = env.GITHUB_ACTIONS === 'true';
  const safe = github ? fenced : (text: string) => text;
  return {
    people,
    stdout,
    paint: paintFor(people, env),
    json,
    verbose,
    interactive,
    github,
    line: (text = '') => people.write(`${safe(text)}\n`),
    error: (text) => stderr.write(`${safe(text)}\n`),
    annotate: (where, text) => (where === 'line' ? people : stderr).write(`${text}\n`),
  };
}

/** A reader that goes away, such as `head`, ends the output and nothing else. */
function unlessNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
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
