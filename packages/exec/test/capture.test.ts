import { writeSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Capture } from '../src/capture.js';

/** The command says its last word while what it said before is being read. */
class Overtaken extends Capture {
  isToSpeak = false;

  override read(position: number, length: number): Buffer {
    const read = super.read(position, length);
    if (position > 0 && this.isToSpeak) {
      this.isToSpeak = false;
      writeSync(this.fd, 'the last word\n');
    }
    return read;
  }
}

const MIB = 1024 ** 2;

/** 17 MB: more than is kept in a file. */
function flood(capture: Capture): void {
  for (let written = 0; written < 17 * MIB; ) written += writeSync(capture.fd, 'nothing\n'.repeat(100_000));
}

function opened<T extends Capture>(capture: T): T {
  onTestFinished(() => capture.close());
  return capture;
}

describe('the capture of a command that floods', () => {
  it('given a file that goes on growing, when it is looked at, then it is emptied, and no larger than that', () => {
    const capture = opened(new Capture(1000));
    for (let times = 0; times < 5; times++) {
      flood(capture);
      capture.trim();
      expect(capture.size()).toBeLessThan(35 * MIB);
    }
    const { text, truncated } = capture.text();
    expect(truncated).toBe(true);
    const missing = Number(/… (\d+) bytes left out …/.exec(text)?.[1]);
    expect(missing).toBeGreaterThan(85 * MIB - 2000);
  });

  it('given a flood that has just ended, when the last word comes after the last look, then it is not lost', () => {
    const capture = opened(new Capture(1000));
    flood(capture);
    expect(capture.trim()).toBe(0);
    expect(capture.trim()).toBe(0);
    writeSync(capture.fd, 'the last word\n');
    expect(capture.text().text.endsWith('nothing\nthe last word\n')).toBe(true);
  });

  it('given a last word that comes while the file is made empty, when the text is asked for, then it ends with it', () => {
    const capture = opened(new Overtaken(1000));
    flood(capture);
    expect(capture.trim()).toBe(0);
    flood(capture);
    capture.isToSpeak = true;
    expect(capture.trim()).toBeGreaterThan(34 * MIB);
    expect(capture.size()).toBe(0);
    const { text, truncated } = capture.text();
    expect(truncated).toBe(true);
    expect(text.endsWith('nothing\nthe last word\n')).toBe(true);
  });
});
