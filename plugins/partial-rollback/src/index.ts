import { type ComponentConfig, definePlugin, type JsonObject, type PlanReview, type Snapshot } from '@ship/core';
import { aloneFindings, isRange, leftBehindFindings } from './findings.js';

/** Says when one component may go back alone: not a core one, no breaking change, and everybody around it still fits. */
export default definePlugin<JsonObject>({
  name: 'partial-rollback',
  ship: '^1',
  apply(ship) {
    ship.hooks.plan.tap('ranges', checkRanges);
    ship.strategy('partial-rollback', {
      way: 'partial',
      async applies({ config: { components } }, { component: name, deployed, states, target }) {
        const component = name === undefined ? undefined : components[name];
        // What was never there before can be taken away, but nothing says that the others do without it.
        const before = component && states[component.name];
        if (!component || !before) return false;
        const isNew = new Set(deployed);
        const others = othersOf(components, component.name, target, (other, then = other) => (isNew.has(other.name) ? other : then));
        const findings = await aloneFindings({ component, from: component.version, to: before.version, target, others });
        const against = findings.filter(({ level }) => level !== 'info').map(({ message }) => message);
        return against.length === 0 || against.join('; ');
      },
      rollback: (_run, request) => request.restore(),
    });
    ship.hooks.beforeRollback.tapPromise('fits', async (request, run, finding) => {
      const { target, component: name, way } = request;
      if (way === 'full' && request.to === 'snapshot' && target) {
        for (const each of await leftBehindFindings(run.config.components, target)) finding(each);
        return;
      }
      const component = name === undefined ? undefined : run.config.components[name];
      const state = component && request.states[component.name];
      if (way !== 'partial' || !component || !state) return;
      const live = await run.describeComponents();
      const from = live[component.name]?.version;
      const others = othersOf(run.config.components, component.name, target, (other, then) => {
        const version = live[other.name]?.version ?? other.version;
        return then && version !== other.version ? { ...then, version } : other;
      });
      for (const each of await aloneFindings({ component, from, to: state.version, target, others })) finding(each);
    });
    ship.hooks.afterRollback.tapPromise('suggest', async ({ scope, remaining, verification, target }, run) => {
      const fails = Object.values(verification).some(({ outcome }) => outcome !== 'passed');
      if (scope === 'partial' && (remaining.length > 0 || fails))
        run.log.warn(`going back alone was not enough: ${suggestion(target?.id ?? run.target?.id)}`);
    });
  },
});

const suggestion = (id: string | undefined): string =>
  id === undefined ? 'consider `ship rollback`' : `consider the full rollback, \`ship --rollback-to ${id}\``;

/** The other components, each as its live version declares itself, which `asLive` finds: as the config has it, or as the snapshot did. */
function othersOf(
  components: Readonly<Record<string, ComponentConfig>>,
  name: string,
  target: Snapshot | null,
  asLive: (other: ComponentConfig, then: ComponentConfig | undefined) => ComponentConfig,
): readonly ComponentConfig[] {
  const then = (target?.config.components ?? {}) as unknown as Readonly<Record<string, ComponentConfig>>;
  return Object.values(components)
    .filter((other) => other.name !== name)
    .map((other) => asLive(other, then[other.name]));
}

/** Refuses a plan with a `compatible_with` that is no range of versions. Answers at once where there is none, as in most configs. */
function checkRanges(review: PlanReview): Promise<void> | undefined {
  const ranges = Object.values(review.plan.config.components).flatMap(({ name, compatible_with }) =>
    Object.entries(compatible_with).map(([other, range]) => ({ name, other, range })),
  );
  return ranges.length === 0 ? undefined : refuseOthers(ranges, review);
}

async function refuseOthers(
  ranges: readonly { readonly name: string; readonly other: string; readonly range: string }[],
  { finding, positionOf }: PlanReview,
): Promise<void> {
  for (const { name, other, range } of ranges) {
    if (await isRange(range)) continue;
    const message = `component ${name}: compatible_with.${other}: ${JSON.stringify(range)} is no range of versions, such as ">=1.2 <3" or "^2.1"`;
    finding({ level: 'block', rule: 'compatible-with', message, position: positionOf(['components', name, 'compatible_with', other]) });
  }
}
