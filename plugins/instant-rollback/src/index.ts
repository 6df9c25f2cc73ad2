import {
  type ComponentConfig,
  type ComponentReport,
  type ComponentState,
  definePlugin,
  durationSchema,
  isShipError,
  type RollbackRequest,
  type RunContext,
} from '@ship/core';
import { commandRouter } from './command.js';
import { errors } from './errors.js';
import { haproxyRouter } from './haproxy/router.js';
import { nginxRouter } from './nginx.js';
import { type Options, switchTraffic } from './switch.js';

export { errors } from './errors.js';

/** Traffic goes back in milliseconds, where the version before stands by; and routers that can do that. */
export default definePlugin<Options>({
  name: 'instant-rollback',
  ship: '^1',
  options: {
    $id: 'ship:instant-rollback-options',
    type: 'object',
    properties: {
      strategy: { enum: ['instant', 'gradual'] },
      steps: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 1, maximum: 100 } },
      pause: durationSchema('500ms', '10s'),
    },
    additionalProperties: false,
  },
  apply(ship, options) {
    ship.router('haproxy', haproxyRouter);
    ship.router('nginx', nginxRouter);
    ship.router('command', commandRouter);
    ship.strategy('instant-rollback', {
      way: 'instant',
      async applies(run, { deployed, states }) {
        if (deployed.length === 0) return false;
        const against = await Promise.all(deployed.map((name) => whyNot(run, name, states[name]).catch(messageOf)));
        return against.find((reason) => reason !== undefined) ?? true;
      },
      async rollback(run, request) {
        const components = await Promise.all(Object.keys(request.states).map((name) => switchOne(name, request, run, options)));
        const remaining = components.flatMap(({ name, error }) => (error ? [{ what: name, error }] : []));
        if (remaining.length > 0) return { components, remaining };
        // The traffic is back. What the run did is undone while nobody sees it any more; restores find the traffic back already.
        const undone = await request.restore();
        const others = undone.components.filter(({ name }) => components.every((each) => each.name !== name));
        return { ...undone, components: [...components, ...others] };
      },
    });
  },
});

/** Why the traffic of a component cannot go back; undefined where it can. */
async function whyNot(run: RunContext, name: string, before: ComponentState | null | undefined): Promise<string | undefined> {
  const component = componentOf(run, name);
  const router = component && run.routerOf(component);
  if (component === undefined || router === undefined) return `no router stands before ${name}`;
  if (!before) return `${name} had no version before`;
  // Of two releases that bear one version nobody would know which has the traffic.
  if (before.version === component.version) return `${name} had the same version before`;
  await router.weights(run, component);
  return (await router.healthy(run, component, before.version)) ? undefined : `${name} ${before.version} is not healthy`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** As the run has it: the config may name another version by now. */
const componentOf = ({ plan }: RunContext, name: string): ComponentConfig | undefined => plan.components.find((each) => each.name === name);

/** One that cannot be switched says why, and the next way back follows: its restores set right what was switched. */
async function switchOne(name: string, { states }: RollbackRequest, run: RunContext, options: Options): Promise<ComponentReport> {
  const began = performance.now();
  const to = states[name]?.version ?? null;
  try {
    const component = componentOf(run, name);
    const router = component && run.routerOf(component);
    if (!component || !router) throw errors.SHIP_INSTANT_NO_ROUTER({ component: name });
    if (to === null) throw errors.SHIP_INSTANT_FIRST({ component: name });
    const { from, ms } = await switchTraffic(run, component, router, to, options);
    run.log.info(`Switching traffic of ${name}: ${from ?? 'nobody'} -> ${to} (${ms}ms)`);
    return { name, from, to, status: from === to ? 'unchanged' : 'restored', duration_ms: ms };
  } catch (error) {
    const reported = {
      code: isShipError(error) ? error.code : 'SHIP_UNEXPECTED',
      message: run.redact(messageOf(error)),
    };
    return { name, from: null, to, status: 'failed', duration_ms: Math.round(performance.now() - began), error: reported };
  }
}
