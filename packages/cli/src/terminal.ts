import { fenced } from './view/github.js';
import { type Paint, paintFor } from './view/paint.js';

/** Where a command writes. */
export interface Terminal {
  /** For people: stdout, or stderr where stdout is for JSON. */
  readonly people: NodeJS.WriteStream;
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
  const people = json ? process.stderr : process.stdout;
  const interactive = people.isTTY === true && process.stdin.isTTY === true && !env.CI && env.TERM !== 'dumb';
  const github = env.GITHUB_ACTIONS === 'true';
  const safe = github ? fenced : (text: string) => text;
  return {
    people,
    paint: paintFor(people, env),
    json,
    verbose,
    interactive,
    github,
    line: (text = '') => void people.write(`${safe(text)}\n`),
    error: (text) => void process.stderr.write(`${safe(text)}\n`),
    annotate: (where, text) => void (where === 'line' ? people : process.stderr).write(`${text}\n`),
  };
}
