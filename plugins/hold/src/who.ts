import { hostname } from 'node:os';
import { userName } from '@ship/core';

/** Who does it, as leases and journals have it. */
export const whoami = (): string => `${userName()}@${hostname()}`;
