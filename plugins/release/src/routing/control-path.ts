import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Layout } from '../layout.js';

// The kernel takes 108 bytes with the closing NUL; some systems take 104.
const LONGEST = 100;

/** The path of the control socket: under the root, or in a private folder where that path is too long. */
export async function controlPath({ root }: Layout): Promise<string> {
  const near = join(root, 'front.sock');
  if (Buffer.byteLength(near) < LONGEST) return near;
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `ship-${uid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await checkPrivate(folder, uid);
  return join(folder, `${createHash('sha256').update(root).digest('hex').slice(0, 16)}.sock`);
}

// Anybody may make a folder of this name under the temporary one.
async function checkPrivate(folder: string, uid: number): Promise<void> {
  const stat = await lstat(folder);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0) {
    throw new Error(`${folder} must be a folder that only user ${uid} may enter`);
  }
}
