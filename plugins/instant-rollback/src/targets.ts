import { request } from 'node:http';
import { connect } from 'node:net';
import type { Target, Targets, Weights } from '@ship/core';
import { errors } from './errors.js';

/** A target and the key that its driver gave it. */
export type Keyed = Target & { readonly key: string };

/** What is meant by a version: the key of one that runs, or the newest that bears the version. */
export function pickTarget(targets: Targets, version: string): Keyed | undefined {
  const keyed = Object.entries(targets).map(([key, target]) => ({ key, ...target }));
  return keyed.find(({ key }) => key === version) ?? keyed.findLast((target) => target.version === version);
}

/** The target for each version that is to have traffic; SHIP_ROUTER_NO_TARGET where one runs nowhere, SHIP_ROUTER_WEIGHTS where they are none. */
export function demandTargets(component: string, targets: Targets, weights: Weights): readonly { target: Keyed; share: number }[] {
  checkWeights(component, weights);
  const running = [...new Set(Object.values(targets).map(({ version }) => version))];
  return Object.entries(weights)
    .filter(([, share]) => share > 0)
    .map(([version, share]) => {
      const target = pickTarget(targets, version);
      if (target === undefined) throw errors.SHIP_ROUTER_NO_TARGET({ component, version, running });
      return { target, share };
    });
}

/** Whole percents that make 100. */
export function checkWeights(component: string, weights: Weights): void {
  const shares = Object.values(weights);
  const wrong = (problem: string) => errors.SHIP_ROUTER_WEIGHTS({ component, weights: JSON.stringify(weights), problem });
  if (!shares.every((share) => Number.isInteger(share) && share >= 0)) throw wrong('each is a whole number of percents');
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum !== 100) throw wrong(`they make ${sum}, not 100`);
}

/** Shares of 100 from weights of any sum; what rounding leaves goes to the heaviest. */
export function sharesOf(weights: Readonly<Record<string, number>>): Record<string, number> {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  const shares = Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [name, sum === 0 ? 0 : Math.floor((weight * 100) / sum)]),
  );
  const heaviest = Object.entries(weights).reduce<[string, number]>((most, each) => (each[1] > most[1] ? each : most), ['', 0])[0];
  if (heaviest !== '') shares[heaviest] = shares[heaviest]! + 100 - Object.values(shares).reduce((total, share) => total + share, 0);
  return shares;
}

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
