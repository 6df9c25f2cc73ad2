/** Where a config may be, in each folder; the first one found wins. */
export const PLACES = [
  'ship.yaml',
  'ship.yml',
  'ship.json',
  'ship.ts',
  'ship.mjs',
  '.shiprc',
  '.shiprc.yaml',
  '.shiprc.yml',
  '.shiprc.json',
  '.speckit/ship.yaml',
  'package.json',
] as const;

/** The key of package.json that may hold a config. */
export const PACKAGE_KEY = 'ship';
