import { writeSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Capture } from '../src/capture.js';

/** The command says its last word while what it said before is being read. */
class Overtaken extends Capture {
  #isSaid = false;

  override read(position: number, length: number): Buffer {
    const read = super.read(position, length);
    if (position > 0 && !this.#isSaid) {
      this.#isSaid = true;
      writeSync(this.fd, 'the last word\n');
    }
    return read;
  }
}

describe('the capture of a command that floods', () => {
  it('given a last word that comes while the file is made empty, when the text is asked for, then it ends with it', () => {
    const capture = new Overtaken(1000);
    onTestFinished(() => capture.close());
    for (let written = 0; written < 17 * 1024 ** 2; ) written += writeSync(capture.fd, 'nothing\n'.repeat(100_000));
    expect(capture.trim()).toBeGreaterThan(17 * 1024 ** 2);
    expect(capture.size()).toBe(0);
    const { text, truncated } = capture.text();
    expect(truncated).toBe(true);
    expect(text.endsWith('nothing\nthe last word\n')).toBe(true);
  });
});
