import { definePlugin } from '@ship/core';
import { check, type Options } from './commands/check.js';
import { errors } from './errors.js';

export { errors } from './errors.js';

const text = { type: 'string', minLength: 1 };

/** Migrations of a database: may the old code come back to this schema? */
export default definePlugin<Options>({
  name: 'migrations',
  ship: '^1',
  options: {
    $id: 'ship:migrations/options',
    type: 'object',
    additionalProperties: false,
    properties: {
      dir: { ...text, description: 'The folder of the migrations, relative to the folder of the config.' },
      tool: { ...text, description: 'The tool that they are of, such as `dbmate`. Default: the one whose layout it is.' },
      dialect: {
        type: 'string',
        enum: ['postgres', 'mysql', 'sqlite'],
        description: 'The language of the database. Default: what the folder says, or `postgres`.',
      },
    },
  },
  apply(ship, options) {
    ship.command('migrations', {
      summary: 'may the old code come back to this schema?',
      usage:
        'check [--from ID] [--to ID] [--dir DIR] [--tool NAME] [--dialect NAME] [--sarif FILE] | check --up FILE --down FILE [--schema FILE]',
      async run(ctx, [verb, ...words]) {
        if (verb === 'check') return check(ctx, words, options);
        throw errors.SHIP_MIGRATIONS_USAGE({ problem: `\`ship migrations ${[verb, ...words].join(' ')}\` is not understood` });
      },
    });
  },
});
