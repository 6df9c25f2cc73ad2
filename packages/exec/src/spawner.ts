import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { SPAWNER_PROGRAM } from './spawner-program.js';
import type { Argv, Ending, ExecuteOptions, Started, Variables } from './types.js';

/** The number of the system call, which Perl has no name for without a module that makes it twice as large. */
const SETSID: Readonly<Record<string, number>> = { x64: 112, arm64: 157 };

/** Why a command of a spawner has no ending: nobody is there to collect it. */
export class SpawnerGone extends Error {}

/** Whom a spawner tells about itself. */
interface Listener {
  /** It waits for a command. */
  ready(spawner: Spawner): void;
  /** It takes none any more. Told once. */
  gone(spawner: Spawner): void;
}

interface Running {
  resolve(ending: Ending): void;
  reject(error: unknown): void;
}

/** Can there be spawners here? Output files are handed over by way of /proc. */
export const canSpawnBeside = process.platform === 'linux' && process.arch in SETSID;

/**
 * A small process that starts commands for this one. Node forks to start a process, which copies the tables of all that is
 * resident, and stands still meanwhile; a small process forks several times as fast, and beside it. What a command sees is the
 * same: a session of its own, its environment, its folder, its files, and nothing else that is open.
 */
export class Spawner {
  readonly #child: ChildProcess;
  readonly #line: Socket;
  #rest = '';
  /** The process that waits for a command. */
  #ready: number | undefined;
  #running: Running | undefined;
  #isGone = false;

  constructor(
    /** What its commands have where their own variables say nothing. */
    readonly env: Variables,
    private readonly listener: Listener,
  ) {
    const { spawn } = process.getBuiltinModule('node:child_process');
    const argv = ['-e', SPAWNER_PROGRAM, String(process.pid), String(SETSID[process.arch])];
    // Perl reads variables of its own, so it gets none.
    this.#child = spawn('perl', argv, { cwd: '/', env: {}, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    this.#line = this.#child.stdio[3] as Socket;
    // What it said last may still be in the pipe when it has ended; `close` comes after that.
    this.#child
      .once('error', () => this.retire())
      .once('exit', () => this.retire())
      .once('close', () => this.#end());
    // Whoever writes to one that has just ended is told by its end.
    this.#line
      .setEncoding('latin1')
      .on('data', (text: string) => this.#hear(text))
      .on('error', () => {});
    this.#release();
    this.#send(pairsOf(env));
  }

  /** Starts a command, if it can be handed over as it is. The ending rejects with the system's error where it could not be executed. */
  start(command: Argv, { cwd, env = {} }: Pick<ExecuteOptions, 'cwd' | 'env'>, [out, err]: readonly [number, number]): Started | undefined {
    const pid = this.#ready;
    const names = Object.keys(env);
    const unset = names.filter((name) => env[name] === undefined);
    const set = pairsOf(env);
    const counts = [out, err, names.length - unset.length, unset.length].map(String);
    const fields = [String(pid), resolve(cwd ?? ''), ...counts, ...set, ...unset, ...command];
    const canBeSaid = command[0] !== '' && names.every(isName) && !fields.some((field) => field.includes('\0'));
    if (pid === undefined || !canBeSaid) return undefined;
    this.#ready = undefined;
    const ended = new Promise<Ending>((settle, reject) => {
      this.#running = { resolve: settle, reject };
    });
    this.#line.ref();
    this.#send(fields);
    return { pid, ended };
  }

  /** Takes no more, and ends once its command has. */
  retire(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#ready = undefined;
    this.#line.end();
    this.listener.gone(this);
  }

  #send(fields: readonly string[]): void {
    const bytes = Buffer.from(`....${fields.join('\0')}`);
    bytes.writeUInt32BE(bytes.length - 4);
    this.#line.write(bytes);
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const [word, number] = line.split(' ');
      if (word === 'ready') this.#becomeReady(Number(number));
      else if (word === 'errno') this.#fail(Number(number));
      else this.#finish(Number(number));
    }
  }

  #becomeReady(pid: number): void {
    if (this.#isGone) return;
    this.#ready = pid;
    this.listener.ready(this);
  }

  #fail(errno: number): void {
    const code = getSystemErrorName(-errno);
    this.#take()?.reject(Object.assign(new Error(`spawn ${code}`), { code }));
  }

  /** What `wait` says: the signal in the lowest seven bits, the exit code above them. */
  #finish(status: number): void {
    const running = this.#take();
    const signal = status & 127;
    running?.resolve(signal === 0 ? { exitCode: status >> 8, signal: null } : { exitCode: null, signal: signalName(signal) });
    // Nobody can tell whether that came before the command was read.
    if (signal !== 0) this.retire();
  }

  #take(): Running | undefined {
    const running = this.#running;
    this.#running = undefined;
    this.#release();
    return running;
  }

  /** It may wait for as long as this process has something else to do, and not a moment longer. */
  #release(): void {
    this.#child.unref();
    this.#line.unref();
  }

  #end(): void {
    this.retire();
    this.#take()?.reject(new SpawnerGone('the process that was to collect the command is gone'));
  }
}

/** The variables that are set, each as its name and its value. */
const pairsOf = (env: Variables): string[] => Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));

/** What the system takes for the name of a variable. */
const isName = (name: string): boolean => name !== '' && !name.includes('=');

function signalName(number: number): NodeJS.Signals {
  const found = Object.entries(constants.signals).find(([, each]) => each === number);
  return (found?.[0] ?? `SIG${number}`) as NodeJS.Signals;
}
