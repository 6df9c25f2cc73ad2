import { Capture } from './capture.js';
import { prepareScratch } from './scratch.js';
import { follow, type Stream } from './stream.js';
import type { ExecuteOptions } from './types.js';

const MIB = 1024 ** 2;
const FIRST_LOOK_MS = 50;
const LOOK_MS = 100;
/** A command that writes more than this between two looks is looked at more often. */
const FLOOD = MIB;
const FLOOD_LOOK_MS = 10;

/** Both streams of a command. */
export interface Outputs {
  /** The descriptors for the command's stdout and stderr. */
  readonly fds: readonly [number, number];
  /** Looks at the files while the command runs. */
  watch(): void;
  /** Stops looking, and hands on the last lines. */
  finish(): { stdout: string; stderr: string; truncated: boolean };
  close(): void;
}

interface Part {
  readonly capture: Capture;
  readonly stream: Stream | undefined;
}

/** Opens the files that the command writes to. Files, because a grandchild can hold a pipe open for ever. */
export function openOutputs(options: ExecuteOptions, redact: (text: string) => string): Outputs {
  const stdout = openPart('stdout', options, redact);
  const stderr = options.output === 'combined' ? undefined : openSecond(stdout, options, redact);
  const parts = stderr === undefined ? [stdout] : [stdout, stderr];
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const most = Math.max(...parts.map(lookAt));
    timer = setTimeout(look, most > FLOOD ? FLOOD_LOOK_MS : LOOK_MS);
  };
  return {
    fds: [stdout.capture.fd, (stderr ?? stdout).capture.fd],
    watch() {
      timer = setTimeout(look, FIRST_LOOK_MS);
      prepareScratch(parts.length);
    },
    finish() {
      clearTimeout(timer);
      for (const { stream } of parts) stream?.end();
      const out = stdout.capture.text();
      const err = stderr?.capture.text() ?? { text: '', truncated: false };
      return { stdout: out.text, stderr: err.text, truncated: out.truncated || err.truncated };
    },
    close() {
      clearTimeout(timer);
      for (const { capture } of parts) capture.close();
    },
  };
}

function openPart(name: 'stdout' | 'stderr', { maxBytes = MIB, onOutput }: ExecuteOptions, redact: (text: string) => string): Part {
  const capture = new Capture(maxBytes);
  return { capture, stream: onOutput && follow(capture, name, redact, onOutput) };
}

function openSecond(first: Part, options: ExecuteOptions, redact: (text: string) => string): Part {
  try {
    return openPart('stderr', options, redact);
  } catch (error) {
    first.capture.close();
    throw error;
  }
}

/** Hands on what is new and keeps the file small. Returns how much was new. */
function lookAt({ capture, stream }: Part): number {
  const grown = capture.grown();
  if (grown > 0) stream?.pump();
  const emptied = capture.trim();
  if (emptied > 0) stream?.restart(emptied);
  return grown;
}
