import type { Walk } from './walk.js';

/** A down that cannot run leaves the schema as it is. */
export const fails = (why: string): Parameters<Walk['say']> => ['down-incomplete', { down: ['B'] }, `it fails: ${why}`];

/** CASCADE takes away more than is written. */
export const cascade = (walk: Walk): void =>
  walk.say('up-drop-container', { up: ['B', 'O'], down: ['B'] }, 'CASCADE takes away what nobody has named');
