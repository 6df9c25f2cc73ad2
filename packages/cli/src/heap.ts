import { statSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

/** Configs from this size on are long pipelines. */
const LARGE_CONFIG_BYTES = 16 * 1024;

/**
 * Keeps the resident set of a long pipeline small: every tool is started by a fork, which costs
 * in proportion to it. Less garbage is let lie, and only code that is hot for long is optimised.
 * Short ones are left alone: with other flags Node's own modules load without their code cache.
 */
export function staySmall(configFile: string): void {
  const size = statSync(configFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size < LARGE_CONFIG_BYTES) return;
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--interrupt-budget=2000000');
}
