import { definePlugin } from '@ship/core';
import { downAction } from './actions/down.js';
import { gateAction } from './actions/gate.js';
import { upAction } from './actions/up.js';
import { check } from './commands/check.js';
import { dumps } from './commands/dumps.js';
import { rehearse } from './commands/rehearse.js';
import { Dumps } from './dumps/kept.js';
import { errors } from './errors.js';
import { migrationsExamination } from './examination.js';
import { migrationsPart } from './part.js';
import { type Options, optionsSchema } from './project.js';
import { type Parts, Records } from './records.js';

export { errors } from './errors.js';

/** Migrations of a database: applied by the team's own tool, judged before, and taken back or kept with the code. */
export default definePlugin<Options>({
  name: 'migrations',
  ship: '^1',
  options: optionsSchema,
  apply(ship, options) {
    const { objects, state } = ship;
    const parts: Parts = {
      objects,
      records: new Records(state, objects),
      dumps: new Dumps(state, objects),
      settings: { preservesData: true },
    };
    ship.hooks.config.tap('preserve_data_migrations', (config) => {
      parts.settings.preservesData = config.rollback.preserve_data_migrations;
      return config;
    });
    ship.action('up', upAction(parts, options));
    ship.action('down', downAction(parts, options));
    ship.action('gate', gateAction(parts, options));
    ship.part('migrations', migrationsPart(parts, options));
    ship.examination('migrations', migrationsExamination(parts, options));
    ship.command('migrations', {
      summary: 'may the old code come back to this schema?',
      usage:
        'check [--from ID] [--to ID] [--dir DIR] [--tool NAME] [--dialect NAME] [--url URL] [--sarif FILE] [--print] | check --up FILE --down FILE [--schema FILE] | rehearse [--from ID] [--to ID] [--url URL] [--print] | dumps [get ID --to FILE]',
      async run(ctx, [verb, ...words]) {
        if (verb === 'check') return check(ctx, words, options);
        if (verb === 'rehearse') return rehearse(ctx, words, options);
        if (verb === 'dumps') return dumps(ctx, words, parts.dumps);
        throw errors.SHIP_MIGRATIONS_USAGE({ problem: `\`ship migrations ${[verb, ...words].join(' ')}\` is not understood` });
      },
    });
  },
});
