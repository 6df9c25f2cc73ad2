import type { Argv, Context, ExecOptions, ExecResult, StepContext } from '@ship/core';
import { shellCommand, shellQuote } from '@ship/exec';
import { shellErrors } from './errors.js';

/** A text for the shell, or a list of words for no shell. */
export type Script = string | readonly string[];

/** Words that mean the same to a shell and to no shell. */
const PLAIN = /^[A-Za-z0-9_./+-][A-Za-z0-9_./+:@%,=-]*( +[A-Za-z0-9_./:@%+,=-]+)*$/;

/** What only a shell can do, or does in a way of its own. */
const BUILTINS = new Set(
  '. : [ alias bg break case cd command continue do done echo elif else esac eval exec exit export fc fg fi for function getopts hash if jobs kill let local printf pwd read readonly return set shift source test then time times trap type ulimit umask unalias unset until wait while'.split(
    ' ',
  ),
);

/**
 * The argv of a script: `sh -c` reads a text, nothing reads a list. A text of plain words needs no shell
 * either, as in make: that starts sooner, and signals go to the tool itself.
 */
export function argvOf(script: Script): Argv {
  if (typeof script !== 'string') return script as Argv;
  const text = script.trim();
  const words = text.split(/ +/) as [string, ...string[]];
  return PLAIN.test(text) && !words[0].includes('=') && !BUILTINS.has(words[0]) ? words : shellCommand(script);
}

/** A script in one line, as a person reads it. */
export function shown(script: Script): string {
  return typeof script === 'string' ? script.trim() : script.map(shellQuote).join(' ');
}

/** What the shell itself sets, and what `ship` does. */
const NOT_OURS = /^(?:SHIP_\w+|PWD|OLDPWD|SHLVL|IFS|OPTARG|OPTIND|PPID|LINENO|RANDOM|_)$/;

const textsOf = (scripts: readonly (Script | undefined)[]): string[] => scripts.filter((script) => typeof script === 'string');

/** The variables that texts for a shell name. */
export function namedVariables(scripts: readonly (Script | undefined)[]): string[] {
  const names = textsOf(scripts).flatMap((text) => Array.from(text.matchAll(/\$\{?[#!]?([A-Za-z_]\w*)/g), ([, name]) => name!));
  return [...new Set(names)].filter((name) => !NOT_OURS.test(name));
}

/** Those of them that mean nothing without a value from outside: the text neither sets them nor has a default. */
export function demandedVariables(scripts: readonly (Script | undefined)[]): string[] {
  const text = textsOf(scripts).join('\n');
  const isSet = (name: string) => new RegExp(`(?:^|[\\s;&|({\`])${name}\\+?=|\\b(?:for|read)\\b[^;\\n]*\\b${name}\\b`).test(text);
  const hasDefault = (name: string) => new RegExp(`\\$\\{${name}:?[-=+?]`).test(text);
  return namedVariables(scripts).filter((name) => !isSet(name) && !hasDefault(name));
}

/** What a person would paste to run a script by hand, in the folder of the config. */
export function pasteable(script: Script, cwd: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const words = typeof script === 'string' ? ['sh', '-c', script] : script;
  const unset = Object.entries(env).flatMap(([name, value]) => (value === undefined ? ['-u', name] : []));
  const assigned = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${shellQuote(value)}`]));
  const line = ['env', ...unset, ...assigned, ...words.map(shellQuote)].join(' ');
  return cwd === undefined ? line : `(cd ${shellQuote(cwd)} && ${line})`;
}

/** Where scripts run, and with what. */
export interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The variables that say to a script what it works for. They win over those of the config. */
function variables(ctx: Context): Record<string, string> {
  const { step, component } = ctx as Partial<StepContext>;
  return {
    SHIP_RUN: ctx.run,
    SHIP_PROJECT: ctx.project,
    SHIP_ENVIRONMENT: ctx.environment,
    ...(step && { SHIP_STEP: step.id, SHIP_ATTEMPT: String(step.attempt) }),
    ...(ctx.place.target !== undefined && { SHIP_TARGET: ctx.place.target }),
    ...(component && { SHIP_COMPONENT: component.name, SHIP_VERSION: component.version }),
  };
}

/** Runs one script of a step, a check or a condition. */
export async function runScript(ctx: Context, script: Script, place: Place, more: ExecOptions = {}): Promise<ExecResult> {
  const { cwd = '.', env } = place;
  const all = { ...env, ...variables(ctx), ...more.env };
  refuseNul(script, { ...all, cwd });
  return ctx.exec(argvOf(script), { ...more, cwd, env: all });
}

function refuseNul(script: Script, named: Readonly<Record<string, string | undefined>>): void {
  if ([script].flat().some((text) => text.includes('\0'))) throw shellErrors.SHIP_SHELL_NUL({ what: 'a command' });
  for (const [name, value] of Object.entries(named)) {
    if (name.includes('\0') || value?.includes('\0')) throw shellErrors.SHIP_SHELL_NUL({ what: name.replaceAll('\0', '\\0') });
  }
}
