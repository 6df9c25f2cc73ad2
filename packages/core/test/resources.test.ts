import { type Harness, type HarnessOptions, harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import type { Plugin, Remover, Resource } from '../src/index.js';
import { foldJournal } from '../src/journal/state.js';
import { recover } from '../src/run/recover/recover.js';
import { fail, journalOf, plugin, rollingBack, steps } from './help.js';

const thing = (id: string, more: Partial<Resource> = {}): Resource => ({
  type: 'thing',
  id,
  provenance: 'created',
  delete: { id },
  commands: [`things rm ${id}`],
  console_url: `https://things.example/${id}`,
  ...more,
});

/** Things that stand somewhere, steps that make them, and their remover. */
function things(remover: Partial<Remover> = {}, standing = new Set<string>()) {
  const removed: string[] = [];
  const made: Plugin = plugin('t', (ship) => {
    ship.action('make', {
      run: async (ctx, { ids }: { ids: string[] }) => {
        for (const id of ids) {
          standing.add(id);
          await ctx.created(thing(id));
        }
      },
    });
    ship.action('fail', { run: fail });
    ship.resource('thing', {
      exists: (_ctx, { id }) => standing.has(id),
      remove: (_ctx, resource) => {
        const { id } = resource.delete as { id: string };
        removed.push(id);
        standing.delete(id);
      },
      ...remover,
    });
  });
  return { made, standing, removed };
}

const MAKE = steps(
  'id: a, uses: t/make, with: { ids: [net, subnet] }',
  'id: b, uses: t/make, with: { ids: [machine] }',
  'id: c, uses: t/fail',
);
const ids = (resources: readonly Resource[]) => resources.map(({ id }) => id);

describe('resources in a rollback', () => {
  it('given steps that made things, when a later one fails, then they are removed, newest first, each written down before and after', async () => {
    const { made, standing, removed } = things();
    const opened = await rollingBack({ plugins: [made], config: MAKE });
    const report = await opened.run();
    expect(removed).toEqual(['machine', 'subnet', 'net']);
    expect([...standing]).toEqual([]);
    expect(report).toMatchObject({ status: 'rolled_back', exit_code: 1, steps: [{ status: 'undone' }, { status: 'undone' }, {}] });
    expect(ids(report.resources.created)).toEqual(['net', 'subnet', 'machine']);
    expect(ids(report.resources.removed)).toEqual(['net', 'subnet', 'machine']);
    expect([report.resources.kept, report.resources.orphans]).toEqual([[], []]);
    const told = (await journalOf(opened, report)).flatMap((entry) =>
      (entry.type === 'intent' || entry.type === 'restored') && entry.kind === 'resource' ? [`${entry.type} ${entry.name}`] : [],
    );
    expect(told).toEqual(['machine', 'subnet', 'net'].flatMap((id) => [`intent ${id}`, `restored ${id}`]));
  });

  it('given a thing that was there before, when the run is taken back, then it is not touched, and stands as kept', async () => {
    const { made, removed } = things();
    const reuses = plugin('r', (ship) => ship.action('use', { run: (ctx) => ctx.created(thing('theirs', { provenance: 'reused' })) }));
    const report = await (await rollingBack({ plugins: [made, reuses], config: steps('id: a, uses: r/use', 'id: b, uses: t/fail') })).run();
    expect(removed).toEqual([]);
    expect(report.steps[0]).toMatchObject({ status: 'undone' });
    expect(report.resources).toMatchObject({
      created: [],
      removed: [],
      kept: [{ id: 'theirs', provenance: 'reused', step: 'a' }],
      orphans: [],
    });
    expect(report.resources.kept[0]).not.toHaveProperty('commands');
  });

  it.each([
    ['came to be', true, ['new']],
    ['never came to be', false, []],
  ])('given a pending thing that %s, when the run is taken back, then its remover is asked first', async (_, exists, expected) => {
    const { made, standing, removed } = things();
    const pending = plugin('p', (ship) =>
      ship.action('make', {
        run: async (ctx) => {
          await ctx.created(thing('new', { provenance: 'pending' }));
          if (exists) standing.add('new');
          throw new Error('the connection was cut');
        },
      }),
    );
    const report = await (await rollingBack({ plugins: [made, pending], config: steps('id: a, uses: p/make') })).run();
    expect(removed).toEqual(expected);
    expect(report).toMatchObject({ status: 'rolled_back', resources: { removed: [{ id: 'new' }], orphans: [] } });
  });

  it('given a pending thing of which nobody can tell, when the run is taken back, then nothing is removed on a guess: it is an orphan', async () => {
    const { made, removed } = things({ exists: undefined as never });
    const pending = plugin('p', (ship) =>
      ship.action('make', {
        run: async (ctx) => {
          await ctx.created(thing('new', { provenance: 'pending' }));
          fail();
        },
      }),
    );
    const report = await (await rollingBack({ plugins: [made, pending], config: steps('id: a, uses: p/make') })).run();
    expect(removed).toEqual([]);
    expect(report).toMatchObject({
      status: 'rollback_incomplete',
      exit_code: 4,
      resources: { orphans: [{ id: 'new', error: { code: 'SHIP_RESOURCE_UNKNOWN' } }] },
    });
  });

  it('given a thing whose id comes with it, when the call has answered, then the one with the id stands for the pending one', async () => {
    const { made, standing, removed } = things();
    const correlated = plugin('p', (ship) =>
      ship.action('make', {
        run: async (ctx) => {
          await ctx.created(thing('token-1', { provenance: 'pending', correlation: 'token-1' }));
          standing.add('i-42');
          await ctx.created(thing('i-42', { correlation: 'token-1' }));
        },
      }),
    );
    const report = await (
      await rollingBack({ plugins: [made, correlated], config: steps('id: a, uses: p/make', 'id: b, uses: t/fail') })
    ).run();
    expect(removed).toEqual(['i-42']);
    expect(ids(report.resources.created)).toEqual(['i-42']);
  });

  it('given a second attempt that finds what the first one made, when it takes it for somebody else’s, then it is still ours', async () => {
    const { made, standing, removed } = things();
    const twice = plugin('p', (ship) =>
      ship.action('make', {
        run: async (ctx) => {
          await ctx.created(thing('one', standing.has('one') ? { provenance: 'reused' } : {}));
          const provenance = standing.has('two') ? 'reused' : 'pending';
          await ctx.created(thing('two', { provenance }));
          standing.add('one').add('two');
          throw new Error('the connection was cut');
        },
      }),
    );
    const config = steps('id: a, uses: p/make, retry: { times: 1, delay: 1ms }');
    const report = await (await rollingBack({ plugins: [made, twice], config })).run();
    expect(report.steps[0]).toMatchObject({ attempts: 2 });
    expect(removed).toEqual(['two', 'one']);
  });

  it('given a thing that another one keeps, when it is removed, then it is tried again until that is gone', async () => {
    const standing = new Set<string>();
    let asked = 0;
    const { made, removed } = things(
      {
        remove: (_ctx, { id }) => {
          if (id === 'subnet' && ++asked < 3) return { blocked: 'an address is still in use' };
          removed.push(id);
          standing.delete(id);
          return {};
        },
      },
      standing,
    );
    const report = await (await rollingBack({ plugins: [made], config: MAKE })).run();
    expect(removed).toEqual(['machine', 'net', 'subnet']);
    expect(report.status).toBe('rolled_back');
  });

  it('given a thing that stays blocked, when the time of the rollback is over, then it is an orphan with its link and commands, the others are removed, and 4', async () => {
    const standing = new Set<string>();
    const { made, removed } = things(
      {
        remove: (_ctx, { id }) => {
          if (id === 'machine') return { blocked: 'it is shutting down' };
          removed.push(id);
          standing.delete(id);
          return undefined;
        },
      },
      standing,
    );
    const opened = await rollingBack({ plugins: [made], config: `rollback_timeout: 2s\n${MAKE}` });
    const report = await opened.run();
    expect(removed).toEqual(['subnet', 'net']);
    expect(report).toMatchObject({
      status: 'rollback_incomplete',
      exit_code: 4,
      steps: [{ status: 'undone' }, { status: 'undo_failed' }, {}],
      rollback: { remaining: [{ what: 'thing machine', command: 'things rm machine', error: { code: 'SHIP_RESOURCE_BLOCKED' } }] },
      resources: {
        removed: [{ id: 'net' }, { id: 'subnet' }],
        kept: [],
        orphans: [{ id: 'machine', step: 'b', console_url: 'https://things.example/machine', commands: ['things rm machine'] }],
      },
    });
    expect(await journalOf(opened, report)).toContainEqual(expect.objectContaining({ type: 'failed', act: 'restore', name: 'machine' }));
  });

  it('given a remover that throws, and one that says nothing while the thing stands, when the run is taken back, then both are orphans', async () => {
    const standing = new Set<string>();
    const { made } = things({ remove: (_ctx, { id }) => (id === 'net' ? fail() : undefined) }, standing);
    const report = await (await rollingBack({ plugins: [made], config: `rollback_timeout: 500ms\n${MAKE}` })).run();
    expect(report.exit_code).toBe(4);
    expect(report.resources.orphans.map(({ id, error }) => `${id}: ${error!.code}`)).toEqual([
      'net: SHIP_UNEXPECTED',
      'subnet: SHIP_RESOURCE_BLOCKED',
      'machine: SHIP_RESOURCE_BLOCKED',
    ]);
  });

  it('given a step whose own undo takes its thing away, when it is undone, then it is found gone, and that is fine', async () => {
    const { made, standing, removed } = things();
    const own = plugin('p', (ship) =>
      ship.action('make', {
        run: async (ctx) => {
          standing.add('own');
          await ctx.created(thing('own'));
        },
        restore: () => void standing.delete('own'),
      }),
    );
    const report = await (await rollingBack({ plugins: [made, own], config: steps('id: a, uses: p/make', 'id: b, uses: t/fail') })).run();
    expect(removed).toEqual([]);
    expect(report).toMatchObject({ status: 'rolled_back', resources: { removed: [{ id: 'own' }], orphans: [] } });
  });

  it('given a step whose own undo fails, when it made things, then they are not taken from under it: they are orphans that say so', async () => {
    const { made, standing, removed } = things();
    const own = plugin('p', (ship) =>
      ship.action('make', {
        run: async (ctx) => {
          standing.add('own');
          await ctx.created(thing('own'));
        },
        restore: fail,
      }),
    );
    const report = await (await rollingBack({ plugins: [made, own], config: steps('id: a, uses: p/make', 'id: b, uses: t/fail') })).run();
    expect(removed).toEqual([]);
    expect(report).toMatchObject({
      status: 'rollback_incomplete',
      rollback: { remaining: [{ what: 'a' }] },
      resources: { orphans: [{ id: 'own', error: { code: 'SHIP_RESOURCES_KEPT' } }] },
    });
  });

  it('given a thing that only says how it is removed, when no plugin removes its type, then it is an orphan that says so', async () => {
    const other = plugin('p', (ship) => {
      ship.action('make', { run: (ctx) => ctx.created(thing('x', { type: 'relic' })) });
      ship.action('fail', { run: fail });
    });
    const report = await (await rollingBack({ plugins: [other], config: steps('id: a, uses: p/make', 'id: b, uses: p/fail') })).run();
    expect(report).toMatchObject({ exit_code: 4, resources: { orphans: [{ id: 'x', error: { code: 'SHIP_RESOURCE_NO_REMOVER' } }] } });
  });

  it('given a thing that a hook made, when the run is taken back, then it is removed after those of the steps', async () => {
    const { made, standing, removed } = things();
    const hook = plugin('h', (ship) =>
      ship.hooks.beforeRun.tapPromise('open', async (ctx) => {
        standing.add('door');
        await ctx.created(thing('door'));
      }),
    );
    const report = await (await rollingBack({ plugins: [made, hook], config: MAKE })).run();
    expect(removed).toEqual(['machine', 'subnet', 'net', 'door']);
    expect(report.status).toBe('rolled_back');
  });

  it('given --no-rollback, when a step fails, then everything is kept, each with its command', async () => {
    const { made, removed } = things();
    const report = await (await harness({ plugins: [made], config: MAKE, flags: { no_rollback: true } })).run();
    expect(removed).toEqual([]);
    expect(report).toMatchObject({
      status: 'failed',
      exit_code: 3,
      resources: { created: [{}, {}, {}], removed: [], kept: [{ commands: ['things rm net'] }, {}, {}], orphans: [] },
    });
  });

  it('given a run that succeeds, when its report is read, then what it made is kept', async () => {
    const { made } = things();
    const report = await (await harness({ plugins: [made], config: steps('id: a, uses: t/make, with: { ids: [net] }') })).run();
    expect(report).toMatchObject({ status: 'succeeded', resources: { created: [{ id: 'net' }], removed: [], kept: [{ id: 'net' }] } });
  });

  it.each([
    ['no id', { type: 'thing', provenance: 'created' }, 'its id is undefined'],
    ['another provenance', { type: 'thing', id: 'x', provenance: 'stolen' }, 'its provenance is "stolen"'],
    ['nothing at all', undefined, 'its type is undefined'],
    ['a BigInt', { type: 'thing', id: 'x', provenance: 'created', delete: 1n }, 'BigInt'],
  ])('given a resource with %s, when it is noted, then the step fails with SHIP_RESOURCE_INVALID', async (_, resource, told) => {
    const odd = plugin('t', (ship) => ship.action('odd', { run: (ctx) => ctx.created(resource as never) }));
    const report = await (await harness({ plugins: [odd], config: steps('id: a, uses: t/odd') })).run();
    expect(report.steps[0]!.error).toMatchObject({ code: 'SHIP_RESOURCE_INVALID', message: expect.stringContaining(told) });
  });
});

describe('ship.resource', () => {
  it.each<[string, Plugin[], string, string]>([
    [
      'nothing that removes',
      [plugin('a', (ship) => ship.resource('thing', {} as Remover))],
      'SHIP_PLUGIN_CONTRACT',
      'resource thing has no remove()',
    ],
    ['a name that is none', [plugin('a', (ship) => ship.resource('A thing', { remove() {} }))], 'SHIP_PLUGIN_CONTRACT', 'is not a name'],
    [
      'a type that is taken',
      ['a', 'b'].map((name) => plugin(name, (ship) => ship.resource('thing', { remove() {} }))),
      'SHIP_PLUGIN_NAME_TAKEN',
      'plugin b brings resource thing, which plugin a has brought already',
    ],
  ])('given %s, when the plugin is loaded, then it is told', async (_, plugins, code, told) => {
    await expect(harness({ plugins, config: 'steps: []' })).rejects.toMatchObject({ code, message: expect.stringContaining(told) });
  });
});

describe('resources of a past run', () => {
  /** The same project again, as the next command opens it. */
  const again = ({ store }: Harness, options: HarnessOptions) => rollingBack({ ...options, store });

  it('given orphans, when `ship recover` runs once the cause is mended, then exactly they are removed, and it ends with 0', async () => {
    const standing = new Set<string>();
    let broken = true;
    const { made, removed } = things(
      {
        remove: (_ctx, { id }) => {
          if (broken && id === 'subnet') fail();
          removed.push(id);
          standing.delete(id);
        },
      },
      standing,
    );
    const first = await rollingBack({ plugins: [made], config: MAKE });
    expect((await first.run()).exit_code).toBe(4);
    expect(removed).toEqual(['machine', 'net']);
    broken = false;
    const second = await again(first, { plugins: [made], config: MAKE });
    const report = await recover(second.kernel, { command: 'ship recover', direction: 'back' });
    expect(removed).toEqual(['machine', 'net', 'subnet']);
    expect(report).toMatchObject({ status: 'rolled_back', exit_code: 0, resources: { orphans: [], kept: [] } });
    expect(ids(report.resources.removed)).toEqual(['net', 'subnet', 'machine']);
    const { resources } = foldJournal(await journalOf(second, report));
    expect(resources.map(({ fate }) => fate)).toEqual(['removed', 'removed', 'removed']);
  });

  it('given a step that was cut off when it had made half of its things, when the run is finished, then these go first, and it runs again', async () => {
    const { made, standing, removed } = things();
    const first = await rollingBack({ plugins: [made], config: steps('id: a, uses: t/make, with: { ids: [net, subnet] }') });
    const report = await first.run();
    const key = `runs/default/${report.run}/journal.jsonl`;
    const whole = String((await first.store.get(key))!.value);
    const half = whole.slice(0, whole.indexOf('"subnet","provenance"')).split('\n').slice(0, -1).join('\n');
    await first.store.put(key, `${half}\n`);
    await first.store.remove(`runs/default/${report.run}/report.json`);
    standing.delete('subnet');
    const second = await again(first, { plugins: [made], config: steps('id: a, uses: t/make, with: { ids: [net, subnet] }') });
    const finished = await recover(second.kernel, { command: 'ship recover', direction: 'forward' });
    expect(removed).toEqual(['net']);
    expect(finished).toMatchObject({ status: 'succeeded', steps: [{ attempts: 2 }] });
    expect(ids(finished.resources.kept)).toEqual(['net', 'subnet']);
  });

  it('given a secret in what the remover needs, when it is read back, then it is there again; and where it is not set, the thing is an orphan', async () => {
    const given: unknown[] = [];
    const keyed = (ids: string[]) =>
      plugin('t', (ship) => {
        ship.action('make', { run: (ctx) => ctx.created(thing('x', { delete: { key: 'hunter22' } })) });
        ship.action('fail', { run: fail });
        ship.resource('thing', {
          remove: (_ctx, resource) => {
            given.push(resource.delete);
            if (ids.length === 0) fail();
          },
        });
      });
    const config = `secrets: [KEY]\n${steps('id: a, uses: t/make', 'id: b, uses: t/fail')}`;
    const first = await rollingBack({ plugins: [keyed([])], config, env: { KEY: 'hunter22' } });
    const report = await first.run();
    expect(JSON.stringify([report, await journalOf(first, report)])).not.toContain('hunter22');
    const without = await again(first, { plugins: [keyed(['x'])], config, env: {} });
    expect(await recover(without.kernel, { command: 'ship recover', direction: 'back' })).toMatchObject({
      exit_code: 4,
      resources: { orphans: [{ error: { code: 'SHIP_SECRET_MISSING' } }] },
    });
    const withIt = await again(first, { plugins: [keyed(['x'])], config, env: { KEY: 'hunter22' } });
    expect(await recover(withIt.kernel, { command: 'ship recover', direction: 'back' })).toMatchObject({ exit_code: 0 });
    expect(given).toEqual([{ key: 'hunter22' }, { key: 'hunter22' }]);
  });
});
