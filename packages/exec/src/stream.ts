import { StringDecoder } from 'node:string_decoder';
import type { Output } from '@ship/core';
import type { Capture } from './capture.js';
import { createLines } from './lines.js';

const BLOCK = 64 * 1024;
/** What is read at most at once, so that a command that floods does not stop everything else. */
const AT_ONCE = 16 * 1024 ** 2;

/** Follows a capture and hands its lines on. */
export interface Stream {
  /** Hands on what has come since the last time. */
  pump(): void;
  /** The file was emptied at this size: what had not been read is gone. */
  restart(size: number): void;
  /** Hands on all that is left. */
  end(): void;
}

/** Follows `capture`. An error of `onOutput` ends the following, never the command. */
export function follow(
  capture: Capture,
  stream: Output['stream'],
  redact: (text: string) => string,
  onOutput: (output: Output) => void,
): Stream {
  let decoder: StringDecoder | undefined;
  let position = 0;
  let broken = false;
  const lines = createLines(redact, (text) => {
    try {
      if (!broken) onOutput({ stream, text });
    } catch {
      broken = true;
    }
  });
  const pump = () => {
    const size = capture.size();
    // A command may empty the file itself, by opening /dev/stdout anew.
    if (size < position) position = 0;
    const from = Math.max(position, size - AT_ONCE);
    if (from > position) lines.skip(from - position);
    for (position = from; position < size; ) {
      const block = capture.read(position, Math.min(BLOCK, size - position));
      if (block.length === 0) break;
      position += block.length;
      decoder ??= new StringDecoder('utf8');
      lines.push(decoder.write(block));
    }
  };
  return {
    pump,
    restart: (size) => {
      if (size > position) lines.skip(size - position);
      position = 0;
    },
    end: () => {
      pump();
      lines.push(decoder?.end() ?? '');
      lines.end();
    },
  };
}
