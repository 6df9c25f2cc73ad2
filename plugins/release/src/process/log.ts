import { open } from 'node:fs/promises';
import type { Site } from '../site.js';

const TAIL_BYTES = 16_384;

/** The last lines of a release's log, without secrets. Empty where there is none. */
export async function logTail({ layout, ctx }: Pick<Site, 'layout' | 'ctx'>, id: string, lines = 20): Promise<string> {
  const text = await readEnd(layout.log(id)).catch(() => '');
  return ctx.redact(text.trimEnd().split('\n').slice(-lines).join('\n'));
}

async function readEnd(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}
