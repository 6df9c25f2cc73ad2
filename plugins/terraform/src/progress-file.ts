import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from './progress.js';
import type { Stack } from './stack.js';

/**
 * What an apply has begun and finished, written as it goes. Where Terraform was killed, its state may know nothing of what
 * it was about to make; this does, as far as Terraform had told.
 */
export class ProgressFile {
  readonly #path: string;

  constructor({ home }: Stack) {
    this.#path = join(home, 'progress.jsonl');
  }

  /** Begins anew. From here on the step may have changed something. */
  begin(by: string): void {
    writeFileSync(this.#path, `${JSON.stringify({ by })}\n`, { mode: 0o600 });
  }

  note({ type, address }: Progress): void {
    if (address === undefined || (type !== 'started' && type !== 'completed' && type !== 'errored')) return;
    appendFileSync(this.#path, `${JSON.stringify({ type, address })}\n`);
  }

  /** What that step had begun and not finished; undefined where it has begun nothing. */
  cutOff(by: string): string[] | undefined {
    if (!existsSync(this.#path)) return undefined;
    const [first = '', ...lines] = readFileSync(this.#path, 'utf8').split('\n');
    if (read(first)?.by !== by) return undefined;
    const open = new Set<string>();
    for (const { type, address } of lines.map(read).filter((line) => line !== undefined)) {
      if (type === 'started') open.add(address!);
      else open.delete(address!);
    }
    return [...open];
  }

  end(): void {
    rmSync(this.#path, { force: true });
  }
}

/** A line that was cut off says nothing. */
function read(line: string): { by?: string; type?: string; address?: string } | undefined {
  try {
    return JSON.parse(line) as { by?: string };
  } catch {
    return undefined;
  }
}
