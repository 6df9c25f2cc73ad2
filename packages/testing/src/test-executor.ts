import { setTimeout as pause } from 'node:timers/promises';
import type { Argv, ExecOptions, Executor, Output, ProcessIdentity, StepContext } from '@ship/core';
import { isCommandFailed } from '@ship/exec';
import { expect } from 'vitest';
import { testContext } from './context.js';
import { type Promises, testPromises } from './suite.js';

/** A place with a POSIX shell. */
export interface PlaceUnderTest {
  /** The executor. */
  readonly executor: Executor;
  /** What the context says besides, such as `place: { name: 'web', target: 'h1' }`. */
  readonly context?: Partial<StepContext>;
  /** An empty folder at the place, absolute. */
  readonly folder: string;
  /** It is this machine: its processes are reported, so that they are found after a crash. */
  readonly isHere?: boolean;
}

/** How long a command that is to be ended would take. */
const LONG = 30;
/** By then it has been ended. */
const ENDED_MS = 5_000;
const SECRET = 'hunter2-hunter2';

/**
 * The promises of an executor: arguments, environment, input and output go through unchanged, what does not end well rejects
 * with what is known, what takes too long is ended with all that it started, and no secret is shown.
 */
export function testExecutor(name: string, open: () => Promise<PlaceUnderTest> | PlaceUnderTest): void {
  testPromises(`executor ${name}`, executorPromises(open));
}

/** The promises by themselves, for tests of the suite. */
export function executorPromises(open: () => Promise<PlaceUnderTest> | PlaceUnderTest): Promises {
  async function opened(more: Partial<StepContext> = {}) {
    const place = await open();
    const redact = (text: string) => text.replaceAll(SECRET, '***');
    const ctx = testContext({ redact, ...place.context, ...more });
    const exec = (command: Argv, options: ExecOptions = {}) => place.executor.exec(ctx, command, options);
    const afterwards = (text: string) =>
      place.executor.exec(testContext({ ...place.context }), ['/bin/sh', '-c', text], { okExitCodes: 'any' });
    return {
      ...place,
      ctx,
      exec,
      sh: (text: string, options?: ExecOptions) => exec(['/bin/sh', '-c', text], options),
      failure: (text: string, options?: ExecOptions) =>
        exec(['/bin/sh', '-c', text], options).then(() => expect.unreachable('the command succeeded'), commandFailed),
      /** Executes something when the context has aborted. */
      afterwards,
      /** Whether the process ends whose id a command wrote to the file `pid`. */
      async isEnded() {
        for (const until = performance.now() + ENDED_MS; performance.now() < until; await pause(50)) {
          const { exitCode } = await afterwards(`pid=$(cat ${place.folder}/pid) || exit 77; kill -0 "$pid"`);
          if (exitCode === 77) throw new Error('the command wrote down no process');
          if (exitCode !== 0) return true;
        }
        return false;
      },
    };
  }

  return {
    'given a command, when it succeeds, then stdout and stderr are apart, byte for byte': async () => {
      const { exec, sh, isHere } = await opened();
      const text = ' grüße 🚀\t"quoted"\n\nlast line without an end';
      const command = ['/bin/sh', '-c', 'printf %s "$1"; printf "wrong\\n" >&2', 'sh', text] as const;
      const result = await exec(command);
      expect(result).toMatchObject({ command, exitCode: 0, signal: null, stdout: text, stderr: 'wrong\n', truncated: false });
      expect(result.durationMs).toBeGreaterThan(0);
      if (isHere) expect(result.pid).toBeGreaterThan(0);
      expect(await sh('true')).toMatchObject({ stdout: '', stderr: '' });
    },

    'given combined output, when a command writes to both, then the order is kept': async () => {
      const { sh } = await opened();
      const { stdout, stderr } = await sh('for i in 1 2 3; do echo out$i; echo err$i >&2; done', { output: 'combined' });
      expect([stdout, stderr]).toEqual(['out1\nerr1\nout2\nerr2\nout3\nerr3\n', '']);
    },

    'given arguments that a shell would read otherwise, when a command is executed, then they reach it unchanged': async () => {
      const { exec } = await opened();
      const words = [
        '',
        'a b',
        ' ',
        "it's",
        '"',
        '\\',
        '\\n',
        'line\nline',
        '\n',
        '$HOME',
        '$(id)',
        '`id`',
        '*',
        '~',
        '-n',
        '--',
        ';',
        '&',
        'ü',
      ];
      const { stdout } = await exec(['/bin/sh', '-c', 'for word; do printf "<%s>" "$word"; done', 'sh', ...words]);
      expect(stdout).toBe(words.map((word) => `<${word}>`).join(''));
    },

    'given variables, when a command is executed, then it has them, and not those that are taken away': async () => {
      const { sh } = await opened();
      const env = { MINE: 'a b\n"c" $d', EMPTY: '', HOME: undefined };
      const { stdout } = await sh('printf "%s|%s|%s" "$MINE" "${EMPTY-unset}" "${HOME-unset}"', { env });
      expect(stdout).toBe('a b\n"c" $d||unset');
      expect((await sh('printf %s "${MINE-unset}"')).stdout).toBe('unset');
    },

    'given input, when a command reads it, then it is whole; given none, then the command sees the end at once': async () => {
      const { exec } = await opened();
      const input = `${'grüße\n'.repeat(20_000)}the end`;
      expect((await exec(['cat'], { input })).stdout).toBe(input);
      expect((await exec(['cat'], { timeoutMs: ENDED_MS })).stdout).toBe('');
      expect((await exec(['true'], { input })).exitCode).toBe(0);
    },

    'given a working folder, when a command is executed, then it runs there; given one that is not there, then it rejects': async () => {
      const { exec, folder, failure } = await opened();
      await exec(['mkdir', '-p', `${folder}/a b`]);
      expect((await exec(['/bin/sh', '-c', 'pwd -P'], { cwd: `${folder}/a b` })).stdout).toMatch(/\/a b\n$/);
      expect(await failure('touch here', { cwd: `${folder}/none` })).toMatchObject({ timedOut: false, aborted: false });
    },

    'given an exit code, when it counts as success, then it is in the result; when not, then the command rejects with what is known':
      async () => {
        const { sh, failure } = await opened();
        expect(await sh('echo out; exit 3', { okExitCodes: [0, 3] })).toMatchObject({ exitCode: 3, stdout: 'out\n' });
        expect(await sh('exit 77', { okExitCodes: 'any' })).toMatchObject({ exitCode: 77 });
        expect(await failure('echo out; echo why >&2; exit 3')).toMatchObject({
          commandExitCode: 3,
          stdout: 'out\n',
          stderr: 'why\n',
          timedOut: false,
          aborted: false,
          notFound: false,
          message: expect.stringContaining('why'),
        });
        expect(await failure('exit 0', { okExitCodes: [1] })).toMatchObject({ commandExitCode: 0 });
        await failure('kill -9 $$');
      },

    'given a command that is not there, when it is executed, then it rejects and says so': async () => {
      const { exec } = await opened();
      const error = await exec(['ship-no-such-command', 'x']).then(() => expect.unreachable('it was there'), commandFailed);
      expect(error).toMatchObject({ notFound: true, message: expect.stringContaining('ship-no-such-command') });
    },

    'given more output than is kept, when a command has written it, then head and tail are there, and it says so': async () => {
      const { sh } = await opened();
      const { stdout, truncated } = await sh('i=0; while [ $i -lt 5000 ]; do echo line$i; i=$((i+1)); done', { maxBytes: 2_000 });
      expect(truncated).toBe(true);
      expect(stdout).toMatch(/^line0\n/);
      expect(stdout).toMatch(/\nline4999\n$/);
      expect(stdout.length).toBeLessThan(4_000);
    },

    'given a deadline, when a command does not end, then it is ended and rejects': async () => {
      const { folder, failure, isEnded } = await opened();
      const since = performance.now();
      const error = await failure(`echo begun; echo $$ > ${folder}/pid; exec sleep ${LONG}`, { timeoutMs: 1_000, killGraceMs: 500 });
      expect(error).toMatchObject({ timedOut: true, aborted: false, stdout: 'begun\n' });
      expect(performance.now() - since).toBeLessThan(1_000 + ENDED_MS);
      expect(await isEnded()).toBe(true);
    },

    'given a command that does not listen, when its context aborts, then it and what it started are ended after the grace': async () => {
      const controller = new AbortController();
      const { folder, failure, isEnded } = await opened({ signal: controller.signal });
      const begun = `trap '' INT TERM; sleep ${LONG} & echo $! > ${folder}/pid; echo begun; wait; sleep ${LONG}`;
      let since = Number.POSITIVE_INFINITY;
      const onOutput = () => {
        since = performance.now();
        controller.abort(new Error('Ctrl-C'));
      };
      expect(await failure(begun, { killGraceMs: 200, onOutput })).toMatchObject({ aborted: true, timedOut: false });
      expect(performance.now() - since).toBeLessThan(ENDED_MS);
      expect(await isEnded()).toBe(true);
    },

    'given a context that is aborted already, when a command is executed, then it rejects, and was not started': async () => {
      const { failure, folder, afterwards } = await opened({ signal: AbortSignal.abort(new Error('Ctrl-C')) });
      expect(await failure(`echo x > ${folder}/started`)).toMatchObject({ aborted: true });
      expect((await afterwards(`test -e ${folder}/started`)).exitCode).toBe(1);
    },

    'given a secret, when a command prints it and fails, then it is in the result alone, and nowhere in what is shown': async () => {
      const { sh, failure, ctx } = await opened();
      expect((await sh(`echo ${SECRET}; echo ${SECRET} >&2`)).stdout).toBe(`${SECRET}\n`);
      const said: Output[] = [];
      const error = await failure(`echo ${SECRET}; exit 1`, { onOutput: (output) => said.push(output) });
      const shown = [...ctx.outputs, ...said].map(({ text }) => text).join('');
      expect(shown).toContain('***');
      expect([shown, error.message, error.stdout, JSON.stringify(error), String(error.cause)].join()).not.toContain(SECRET);
    },

    'given nobody who listens, when a command prints, then nothing is shown; given the context alone, then whole lines are': async () => {
      const { sh, ctx } = await opened();
      await sh('echo silent', { onOutput: null });
      expect(ctx.outputs).toEqual([]);
      await sh('printf "one\\ntw"; printf "o\\n"; printf "three\\n" >&2');
      const of = (stream: Output['stream']) => ctx.outputs.flatMap((output) => (output.stream === stream ? [output.text] : [])).join('');
      expect([of('stdout'), of('stderr')]).toEqual(['one\ntwo\n', 'three\n']);
    },

    'given many commands at once, when they end, then each has its own output': async () => {
      const { sh } = await opened();
      const results = await Promise.all(Array.from({ length: 20 }, (_, index) => sh(`echo ${index}; echo ${index} >&2; exit 0`)));
      expect(results.map(({ stdout, stderr }) => [stdout, stderr])).toEqual(results.map((_, index) => [`${index}\n`, `${index}\n`]));
    },

    'given this machine, when a command starts, then its process is reported before it ends, without secrets': async ({ skip }) => {
      const spawned: ProcessIdentity[] = [];
      const { sh, isHere } = await opened({ spawned: (process) => void spawned.push(process) });
      if (!isHere) return skip('the place is not this machine');
      const { pid } = await sh(`: ${SECRET}`, { onOutput: null, killGraceMs: 1_234 });
      expect(spawned).toEqual([{ pid, pgid: pid, command: expect.stringContaining('***'), started: expect.any(String), grace_ms: 1_234 }]);
      expect(JSON.stringify(spawned)).not.toContain(SECRET);
    },

    'given a place of several targets, when they are asked for twice, then they are the same names, each once': async ({ skip }) => {
      const { executor, ctx } = await opened();
      if (executor.targets === undefined) return skip('the place is one');
      const targets = await executor.targets(ctx);
      expect(await executor.targets(ctx)).toEqual(targets);
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets).size).toBe(targets.length);
      expect(targets.filter((target) => typeof target !== 'string' || target === '')).toEqual([]);
    },
  };
}

/** An executor rejects with a ShipError that says what is known of the command. */
function commandFailed(error: unknown) {
  if (!isCommandFailed(error)) throw new Error('the executor rejected with something that is no CommandFailed', { cause: error });
  return error;
}
