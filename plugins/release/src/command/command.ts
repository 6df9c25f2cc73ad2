import type { Command, CommandContext, Json } from '@ship/core';
import { errors } from '../errors.js';
import { type Site, siteOf, type Verb } from '../site.js';
import { remove, start, stop } from './lifecycle.js';
import { logs } from './logs.js';
import { status } from './status.js';

const VERBS: Readonly<Record<string, Verb>> = { status, start, stop, remove, logs };

/** `ship release ...`: the releases of this machine, by hand. */
export const releaseCommand: Command = {
  summary: 'Shows, starts, stops and removes releases on this machine',
  usage: 'status|start|stop|remove|logs [component]',
  async run(ctx, [verb = '', name]) {
    const act = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
    if (!act) throw errors.SHIP_RELEASE_USAGE({ verb });
    const document: { [component: string]: Json } = {};
    for (const site of sitesOf(ctx, name)) document[site.name] = await act(site, (line) => ctx.print(line));
    return document;
  },
};

function sitesOf(ctx: CommandContext, name: string | undefined): Site[] {
  const ours = Object.values(ctx.components).filter(({ driver }) => driver === 'release');
  const chosen = name === undefined ? ours : ours.filter((component) => component.name === name);
  const known = ours.map((component) => component.name).join(', ');
  if (name !== undefined && chosen.length === 0) throw errors.SHIP_RELEASE_COMPONENT_UNKNOWN({ name, known });
  return chosen.map((component) => siteOf(ctx, component));
}
