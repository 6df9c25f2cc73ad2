import type { Identity } from './base/identity.js';

/** How it is told that a release serves. */
export interface Health {
  readonly kind: 'http' | 'tcp' | 'run' | 'uptime';
  /** The path of `http`, the command of `run`. */
  readonly target: string;
  /** What `http` says in its header Host; the address, where it is not here. */
  readonly host?: string;
  readonly timeout_ms: number;
  readonly interval_ms: number;
  readonly min_uptime_ms: number;
}

/** `release.json`: everything that makes a release run as it ran. */
export interface Release {
  readonly format: 1;
  readonly id: string;
  readonly version: string;
  readonly run: string | readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Those of `env` that hold secrets, with the names in their place: a rotated one is used in its new form. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The few variables of the deployer's environment that a service needs, such as `PATH`. */
  readonly inherited: Readonly<Record<string, string>>;
  readonly health: Health;
  readonly host: string;
  /** The port that the front holds; null for a worker. */
  readonly port: number | null;
  /** How long it may take to end after SIGTERM. */
  readonly stop_timeout_ms: number;
  readonly tree_hash: string;
  readonly config_hash: string;
  readonly created_at: string;
}

/** `processes/<release>.json`: written before the supervisor starts, from then on kept by the supervisor. */
export interface ProcessRecord {
  readonly release: string;
  readonly token: string;
  /** The systemd unit that holds the supervisor. */
  readonly unit: string | null;
  /** The service's own port. */
  readonly port: number | null;
  readonly supervisor: Identity | null;
  readonly service: Identity | null;
  readonly restarts: number;
  /** How the service ended the last time that nobody had asked it to. */
  readonly last_end: { readonly reason: string; readonly at: string } | null;
  /** As in the release. */
  readonly stop_timeout_ms: number;
  /** It did not end in that time, and was killed. */
  readonly killed: boolean;
}

/** Where a release listens. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Which releases the front knows, and their shares in percent. */
export interface Routes {
  readonly targets: Readonly<Record<string, Target>>;
  readonly weights: Readonly<Record<string, number>>;
}

/** What a front lets clients do. */
export interface Limits {
  /** How long a client may take for the head of a request. */
  readonly headers_timeout_ms: number;
  /** How long a connection may be silent: between two requests, in the middle of a body, or with an answer that is not read. */
  readonly idle_timeout_ms: number;
  /** The most bytes of a head, of a request or an answer. */
  readonly header_limit: number;
  /** Addresses and networks whose `X-Forwarded-*` are believed. */
  readonly trusted_proxies: readonly string[];
}

/** `front.json`: written before the front starts, from then on kept by the front. */
export interface FrontRecord {
  readonly token: string;
  readonly unit: string | null;
  readonly host: string;
  readonly port: number;
  /** The unix socket of its control API. */
  readonly control: string;
  readonly version: string | null;
  readonly front: Identity | null;
  readonly routes: Routes;
  readonly limits: Limits;
  /** How often it was started in place of one that died. */
  readonly restarts: number;
  /** When that was, the last time. */
  readonly restarted_at: string | null;
}

/** What the front answers to `GET /state`. */
export interface FrontState extends Routes {
  readonly in_flight: Readonly<Record<string, number>>;
  readonly pid: number;
  readonly version: string;
}
