import { request } from 'node:http';
import { connect } from 'node:net';
import type { Target } from '@ship/core';

const ANSWER_MS = 3000;

/** Does something listen there, and answer the path with a status below 400 where one is given? */
export function answers({ host, port }: Target, path: string | undefined): Promise<boolean> {
  return path === undefined ? accepts(host, port) : serves(host, port, path);
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_MS });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket
      .once('connect', () => settle(true))
      .once('timeout', () => settle(false))
      .once('error', () => settle(false));
  });
}

function serves(host: string, port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ host, port, path, agent: false, timeout: ANSWER_MS }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    asking
      .once('timeout', () => asking.destroy())
      .once('error', () => resolve(false))
      .end();
  });
}
