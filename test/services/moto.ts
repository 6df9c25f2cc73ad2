import { join } from 'node:path';
import { BESIDE, freePort, hasBeside, startService } from './started.js';

const MOTO_SERVER = join(BESIDE, 'moto/moto_server');

export const hasMoto = (): boolean => hasBeside("moto's AWS server", MOTO_SERVER);

/** Signatures are not checked, but what belongs to somebody is not shown to a nobody. */
const SOMEBODY = 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x';

/** An AWS that keeps all it has in memory, and believes everybody. */
export interface Moto {
  readonly url: string;
  /** The credentials that clients must have, whatever they are. */
  readonly env: { readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string };
  /** Makes a bucket of S3, in us-east-1. */
  makeBucket(name: string): Promise<void>;
  /** What an object of S3 holds. */
  read(bucket: string, key: string): Promise<string>;
}

/** Starts moto's server on loopback. */
export async function startMoto(): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${url}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await startService([MOTO_SERVER, '-H', '127.0.0.1', '-p', `${port}`], answers);
  const ask = async (path: string, request: RequestInit = {}): Promise<string> => {
    const answer = await fetch(`${url}${path}`, { ...request, headers: { authorization: SOMEBODY } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`moto answers ${answer.status} to ${path}: ${text}`);
    return text;
  };
  return {
    url,
    env: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' },
    makeBucket: async (name) => void (await ask(`/${name}`, { method: 'PUT' })),
    read: (bucket, key) => ask(`/${bucket}/${key}`),
  };
}
