import { dirname, posix } from 'node:path';
import { type Draw, heal, isRepeated, KEYS, type Maker, NAMES } from './random-maker.js';
import {
  addressOf,
  hclText,
  IGNORED,
  localAddress,
  type Module,
  prefixOf,
  type Repeat,
  type Resource,
  type Value,
  type Version,
} from './random-render.js';

type Edit = (maker: Maker, draw: Draw, version: Version) => string | undefined;

const withSome = <T>(draw: Draw, all: readonly T[], edit: (one: T) => string | undefined): string | undefined =>
  all.length === 0 ? undefined : edit(draw.pick(all));

/** What may happen to a version, and how often. */
const EDITS: readonly (readonly [weight: number, edit: Edit])[] = [
  [
    10,
    (maker, draw, version) =>
      withSome(draw, version.resources, (resource) => {
        resource.value = maker.value(version, resource.id, resource.module);
        return `changed the value of ${resource.name}`;
      }),
  ],
  [
    8,
    (maker, draw, version) => {
      const withFiles = draw.chance(80) && version.resources.some(({ type }) => type === 'files_file');
      return `added ${maker.addResource(version, maker.someModule(version), withFiles).name}`;
    },
  ],
  [
    6,
    (_, draw, version) =>
      withSome(draw, version.resources, (resource) => {
        remove(version, [resource]);
        return `removed ${resource.name}`;
      }),
  ],
  [
    7,
    (_, draw, version) =>
      withSome(draw, version.resources, (resource) => {
        const from = localAddress(resource);
        resource.name = `${resource.name}n`;
        const inside = draw.chance(40);
        const before = inside ? '' : prefixOf(version, resource.module);
        version.traces.push({ module: inside ? resource.module : 0, from: before + from, to: before + localAddress(resource) });
        return `renamed ${before}${from} to ${resource.name}${inside ? ', as its module says' : ''}`;
      }),
  ],
  [
    3,
    (_, draw, version) =>
      withSome(draw, version.resources, (resource) => {
        resource.name = `${resource.name}x`;
        resource.path = `${resource.path}x`;
        return `renamed to ${resource.name}, without a moved block`;
      }),
  ],
  [
    3,
    (_, draw, version) => {
      const able = version.resources.filter(({ module, type }) => module === 0 && type === 'terraform_data');
      if (able.length < 2) return undefined;
      const one = draw.pick(able);
      const other = draw.pick(able.filter((each) => each !== one));
      [one.name, other.name] = [other.name, one.name];
      return `exchanged the names of ${one.name} and ${other.name}`;
    },
  ],
  [
    5,
    (maker, draw, version) =>
      withSome(
        draw,
        version.resources.filter(({ module }) => module === 0),
        (resource) => {
          const targets = version.modules.filter(({ id }) => !isRepeated(version, id));
          const to = targets.length === 0 || draw.chance(30) ? maker.addModule(version) : draw.pick(targets);
          to.repeat = { is: 'once' };
          if (isRepeated(version, to.id)) return `added the module ${to.name}`;
          const from = localAddress(resource);
          resource.module = to.id;
          version.traces.push({ module: 0, from, to: addressOf(version, resource) });
          return `moved ${from} to ${addressOf(version, resource)}`;
        },
      ),
  ],
  [
    3,
    (_, draw, version) =>
      withSome(draw, version.resources, (resource) => {
        version.traces.push({ module: 0, from: addressOf(version, resource) });
        remove(version, [resource]);
        return `took ${resource.name} out of the state`;
      }),
  ],
  [
    9,
    (maker, draw, version) =>
      withSome(draw, Object.keys(version.files), (path) => {
        version.files[path] = `${maker.content(path)} changed`;
        return `changed ${path}`;
      }),
  ],
  [
    6,
    (maker, draw, version) => {
      const folders = Object.keys(version.files).flatMap((path) => (path.includes('conf.d/') ? [dirname(path)] : []));
      const path =
        draw.chance(30) || folders.length === 0
          ? posix.join(version.root, 'files/later.txt')
          : posix.join(draw.pick(folders), draw.pick(['40-four', `50-five${IGNORED.ending}`, '60 six', 'deep/70-é']));
      version.files[path] = maker.content(path);
      return `added ${path}`;
    },
  ],
  [
    4,
    (_, draw, version) =>
      withSome(draw, Object.keys(version.files), (path) => {
        delete version.files[path];
        return `removed ${path}`;
      }),
  ],
  [
    7,
    (maker, draw, version) =>
      withSome(draw, version.resources, (resource) => {
        const from = resource.repeat;
        resource.repeat =
          from.is === 'keys' && draw.chance(60)
            ? { is: 'keys', keys: draw.some(KEYS) }
            : maker.repeat(version, resource.type === 'files_file');
        const { repeat } = resource;
        const moves = draw.chance(60);
        const [one, other] = [indexOf(from), indexOf(repeat)];
        if (moves && one !== undefined && other !== undefined && one !== other && from.is !== repeat.is) {
          const address = localAddress(resource);
          version.traces.push({ module: resource.module, from: address + one, to: address + other });
        }
        return `${resource.name} is there ${repeat.is === 'once' ? 'once' : JSON.stringify(repeat)}, and was ${from.is === 'once' ? 'once' : JSON.stringify(from)}${moves ? '' : ', without a moved block'}`;
      }),
  ],
  [
    5,
    (_, draw, version) =>
      withSome(draw, version.resources, (resource) => {
        const what = draw.pick(['createsFirst', 'ignores', 'json', 'prevents'] as const);
        if (what === 'prevents' && !resource.prevents && draw.chance(60)) return undefined;
        resource[what] = !resource[what];
        return `${resource.name}: ${what} ${resource[what]}`;
      }),
  ],
  [
    5,
    (maker, draw, version) =>
      withSome(
        draw,
        version.resources.filter(({ type }) => type === 'terraform_data'),
        (resource) => {
          resource.triggers = maker.value(version, resource.id, resource.module);
          return `${resource.name} is replaced for another trigger`;
        },
      ),
  ],
  [
    8,
    (maker, draw, version) =>
      withSome(draw, version.variables, (variable) => {
        const value = maker.fit(maker.given(), variable.source);
        variable.value = value;
        return `changed the variable ${variable.name}`;
      }),
  ],
  [
    3,
    (maker, draw, version) => {
      const free = NAMES.filter((each) => version.variables.every(({ name }) => name !== each));
      if (free.length === 0) return undefined;
      const name = draw.pick(free);
      version.variables.push(maker.variable(name));
      return `added the variable ${name}`;
    },
  ],
  [
    3,
    (maker, draw, version) =>
      withSome(draw, version.variables, (variable) => {
        const { source, value } = maker.variable(variable.name);
        Object.assign(variable, { source, value: draw.chance(50) ? value : maker.fit(variable.value, source) });
        return `gave the variable ${variable.name} by ${source}`;
      }),
  ],
  [
    2,
    (_, draw, version) =>
      withSome(draw, version.variables, (variable) => {
        version.variables = version.variables.filter((each) => each !== variable);
        return `removed the variable ${variable.name}`;
      }),
  ],
  [
    6,
    (maker, draw, version) => {
      if (version.outputs.length === 0 || draw.chance(30)) return `added the output ${maker.addOutput(version)}`;
      const output = draw.pick(version.outputs);
      const kind = draw.number(1, 3);
      if (kind === 1) version.outputs = version.outputs.filter((each) => each !== output);
      else if (kind === 2) output.sensitive = !output.sensitive;
      else output.value = maker.value(version, Number.MAX_SAFE_INTEGER, 0);
      return `${['removed', 'called (not) sensitive', 'changed'][kind - 1]} the output ${output.name}`;
    },
  ],
  [4, (maker, _, version) => `added the module ${maker.addModule(version).name}`],
  [
    3,
    (_, draw, version) =>
      withSome(draw, version.modules, (module) => {
        const gone = [module.id];
        for (const each of version.modules) if (gone.includes(each.parent)) gone.push(each.id);
        remove(
          version,
          version.resources.filter((each) => gone.includes(each.module)),
        );
        version.modules = version.modules.filter(({ id }) => !gone.includes(id));
        version.traces = version.traces.filter((trace) => !gone.includes(trace.module));
        return `removed the module ${module.name}`;
      }),
  ],
  [
    4,
    (_, draw, version) =>
      withSome(draw, version.modules, (module) => {
        const from = module.name;
        module.name = `${from}n`;
        const moves = draw.chance(75) || version.resources.some(({ type }) => type === 'files_file');
        if (moves) version.traces.push({ module: module.parent, from: `module.${from}`, to: `module.${module.name}` });
        return `called the module ${from} ${module.name}${moves ? '' : ', without a moved block'}`;
      }),
  ],
  [
    4,
    (_, draw, version) =>
      withSome(draw, version.modules, (module) => {
        const from = module.folder;
        const to = draw.pick([posix.join(version.root, 'other', module.name), posix.join('elsewhere', module.name)]);
        for (const each of version.modules) if (isBelow(each.folder, from)) each.folder = to + each.folder.slice(from.length);
        for (const [path, text] of Object.entries(version.files)) {
          if (!isBelow(path, from)) continue;
          delete version.files[path];
          version.files[to + path.slice(from.length)] = text;
        }
        const moved = (value: Value): Value =>
          value.is === 'json' || value.is === 'object'
            ? { ...value, parts: value.parts.map(moved) }
            : 'path' in value && isBelow(value.path, from)
              ? { ...value, path: to + value.path.slice(from.length) }
              : value;
        for (const each of version.resources) {
          each.value = moved(each.value);
          if (each.repeat.is === 'files' && isBelow(each.repeat.path, from))
            each.repeat = { is: 'files', path: to + each.repeat.path.slice(from.length) };
        }
        return `moved the folder of the module ${module.name} to ${to}`;
      }),
  ],
  [
    4,
    (maker, draw, version) =>
      withSome(draw, version.modules, (module) => {
        module.given = maker.value(version, module.id, module.parent);
        return `gave something else to the module ${module.name}`;
      }),
  ],
  [
    2,
    (_, draw, version) =>
      withSome(draw, callableTwice(version), (module) => {
        if (module.twin === undefined) module.twin = `${module.name}two`;
        else delete module.twin;
        return `the module ${module.name} is called ${module.twin === undefined ? 'once' : 'twice'}`;
      }),
  ],
  [
    3,
    (_, draw, version) =>
      withSome(
        draw,
        version.modules.filter(({ id }) => version.resources.every((each) => each.module !== id || each.type !== 'files_file')),
        (module) => {
          if (version.resources.some(({ type }) => type === 'files_file')) return undefined;
          const from = module.repeat;
          module.repeat = draw.pick<Repeat>([
            { is: 'once' },
            { is: 'count', count: draw.number(1, 3) },
            { is: 'keys', keys: draw.some(KEYS) },
          ]);
          const [one, other] = [indexOf(from), indexOf(module.repeat)];
          if (one !== undefined && other !== undefined && one !== other && draw.chance(60))
            version.traces.push({ module: module.parent, from: `module.${module.name}${one}`, to: `module.${module.name}${other}` });
          return `the module ${module.name} is there ${JSON.stringify(module.repeat)}`;
        },
      ),
  ],
  [
    4,
    (maker, draw, version) =>
      withSome(draw, version.resources, (resource) => {
        if (resource.override === undefined) resource.override = maker.value(version, resource.id, resource.module);
        else delete resource.override;
        return `${resource.name} is ${resource.override === undefined ? 'no longer ' : ''}overridden`;
      }),
  ],
  [
    4,
    (maker, draw, version) =>
      withSome(
        draw,
        version.resources.filter(({ type }) => type === 'terraform_data'),
        (resource) => {
          resource.provisioners = resource.provisioners.length > 0 && draw.chance(40) ? [] : maker.provisioners();
          return `other provisioners of ${resource.name}`;
        },
      ),
  ],
  [
    3,
    (_, draw, version) =>
      withSome(
        draw,
        version.resources.filter(({ type }) => type === 'files_file'),
        (resource) => {
          resource.path = `${resource.path}-moved`;
          return `moved the file of ${resource.name}`;
        },
      ),
  ],
  [
    2,
    (_, draw, version) =>
      withSome(
        draw,
        version.resources.filter(({ type }) => type === 'files_file'),
        (resource) => {
          resource.value = { is: 'text', text: 'fail' };
          return `the file of ${resource.name} cannot be written`;
        },
      ),
  ],
  [
    5,
    (maker, draw, version) => {
      const does = { does: 'fails', atDestroy: false, word: '', relative: false } as const;
      const olds = version.resources.filter(({ type }) => type === 'terraform_data');
      if (olds.length > 0 && draw.chance(40)) {
        const resource = draw.pick(olds);
        resource.triggers = { is: 'text', text: 'anew' };
        resource.provisioners = [...resource.provisioners, does];
        return `${resource.name} is replaced, and fails`;
      }
      const resource = maker.addResource(version, maker.someModule(version), false);
      resource.provisioners = [...(draw.chance(40) ? maker.provisioners() : []), does];
      resource.dependsOn = version.resources.filter((each) => each !== resource && draw.chance(50)).map(({ id }) => id);
      return `${resource.name} is new, and fails`;
    },
  ],
  [
    4,
    (_, draw, version) => {
      if (version.reader === undefined) return undefined;
      version.reader.words = draw.pick([['app'], ['app changed'], ['app', 'second'], []]);
      return 'changed the stack that reads this one';
    },
  ],
];

/** Files of our provider would be there twice, too. */
const callableTwice = ({ modules, resources }: Version): Module[] =>
  modules.filter(() => resources.every(({ type, module }) => type !== 'files_file' || module === 0));

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** The index of the first instance, for a `moved` block. */
const indexOf = (repeat: Repeat): string | undefined => {
  if (repeat.is === 'once') return '';
  if (repeat.is === 'count') return repeat.count === 0 ? undefined : '[0]';
  return repeat.is === 'keys' ? `[${hclText(repeat.keys[0]!)}]` : undefined;
};

function remove(version: Version, gone: readonly Resource[]): void {
  version.resources = version.resources.filter((each) => !gone.includes(each));
}

/** Another version, and what was done to the first one. Blocks of the past stay in every other one. */
export function edited(maker: Maker, draw: Draw, before: Version, isCalm = false): { version: Version; edits: string[] } {
  const version = structuredClone(before);
  if (draw.chance(50)) version.traces = [];
  const edits: string[] = [];
  const weights = EDITS.flatMap(([weight, edit]) => Array.from({ length: weight }, () => edit));
  for (let wanted = draw.number(1, 5), tries = 40; wanted > 0 && tries > 0; tries--) {
    const done = draw.pick(weights)(maker, draw, version);
    if (done === undefined) continue;
    edits.push(done);
    wanted--;
  }
  if (isCalm)
    for (const resource of version.resources) {
      resource.provisioners = resource.provisioners.filter(({ does }) => does !== 'fails');
      if (resource.value.is === 'text' && resource.value.text === 'fail') resource.value = { is: 'text', text: 'works' };
    }
  version.targets = !isCalm && draw.chance(10) ? draw.some(maker.targets(version)) : [];
  if (version.targets.length > 0) edits.push(`targets ${version.targets.join(', ')}`);
  heal(version);
  return { version, edits };
}
