import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { connect } from 'node:net';
import { signal } from '../base/identity.js';
import type { Release, Target } from '../records.js';

/** Asks a release once whether it serves: `undefined` where it does, else why not. */
export function probeOnce(release: Release, target: Target | null, timeoutMs: number): Promise<string | undefined> {
  const { kind, target: argument } = release.health;
  if (kind === 'run') return probeRun(release, target, timeoutMs);
  if (target === null || kind === 'uptime') return Promise.resolve(undefined);
  return kind === 'http' ? probeHttp(argument, target, timeoutMs) : probeTcp(target, timeoutMs);
}

function probeHttp(path: string, { host, port }: Target, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, agent: false }, (response) => {
      const { statusCode = 0 } = response;
      response.resume();
      resolve(statusCode >= 200 && statusCode < 400 ? undefined : `GET ${path} answers ${statusCode}`);
    });
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on('error', (error) => resolve(`GET ${path}: ${error.message}`));
  });
}

function probeTcp({ host, port }: Target, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (reason?: string) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(timeoutMs, () => settle(`port ${port} does not answer`));
    socket.once('connect', () => settle());
    socket.once('error', (error) => settle(`port ${port}: ${error.message}`));
  });
}

function probeRun({ health, env, inherited }: Release, target: Target | null, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const address = target ? { HOST: target.host, PORT: String(target.port) } : {};
    const child = spawn('sh', ['-c', health.target], { env: { ...inherited, ...env, ...address }, stdio: 'ignore', detached: true });
    const late = setTimeout(() => child.pid && signal(-child.pid, 'SIGKILL'), timeoutMs);
    const settle = (reason?: string) => {
      clearTimeout(late);
      resolve(reason);
    };
    child.once('error', (error) => settle(error.message));
    child.once('exit', (code, name) => settle(code === 0 ? undefined : `the health command ended with ${code ?? name}`));
  });
}
