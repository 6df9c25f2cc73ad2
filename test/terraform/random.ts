import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc, { type GeneratorValue } from 'fast-check';
import { stringify } from 'yaml';
import type { Case, Event } from './case.js';
import { edited } from './random-edits.js';
import { Draw, isRepeated, Maker } from './random-maker.js';
import { addressOf, byHand, environmentOf, filesOf, noteOf, type Version } from './random-render.js';

/** A case that nobody wrote: its versions lie nowhere yet. */
export interface Example extends Omit<Case, 'folder'> {
  /** The files of each version, by their path. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The resources that write each file of `world/` by a provisioner: all names that they ever have. */
  readonly writers: Readonly<Record<string, readonly string[]>>;
}

/** Writes an example down, as any other case lies in its folder. */
export function layExample(folder: string, { versions, writers: _, ...given }: Example): Case {
  for (const [version, files] of Object.entries(versions)) {
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, version, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
  writeFileSync(join(folder, 'case.yaml'), stringify(given));
  return { folder, ...given };
}

/** What a person does with Terraform alone, or with a file that it has made. */
interface Hand {
  readonly command: string;
  readonly what: string;
  /** Does the state know nothing of it? */
  readonly isDrift: boolean;
}

function handOn(draw: Draw, version: Version): Hand | undefined {
  const single = version.resources.filter(({ repeat, module }) => repeat.is === 'once' && !isRepeated(version, module));
  // What is left to others is theirs after the way back, too.
  const file = single.find(({ type, ignores }) => type === 'files_file' && !ignores);
  if (file !== undefined && draw.chance(50))
    return { command: `${DRIFTS} 'by hand' > '@WORLD@/${file.path}'`, what: `the file of ${file.name} was changed by hand`, isDrift: true };
  if (single.length === 0) return undefined;
  const address = addressOf(version, draw.pick(single));
  return { command: byHand(version, [`-replace=${address}`]), what: `${address} was replaced by hand`, isDrift: false };
}

/** How a command begins that changes something behind the back of a state. */
export const DRIFTS = 'printf';

const goBack = (): Event => ({ ship: ['--rollback-to', 'first', '--force-rollback'] });

/** What happens in an example, as it is drawn. */
class Story {
  readonly #draw: Draw;
  readonly #maker: Maker;
  readonly #versions: Record<string, Version> = {};
  readonly #told: string[] = [];
  readonly #happens: Event[] = [];
  /** The version that the next one is made from. */
  #last: Version;

  constructor(gen: GeneratorValue) {
    this.#draw = new Draw(gen);
    this.#maker = new Maker(this.#draw);
    this.#last = this.#maker.first();
  }

  example(): Example {
    const draw = this.#draw;
    this.#put('v1', this.#last);
    this.#happens.push('ship', 'remember');
    const goesBackLater = draw.chance(33);
    if (draw.chance(15)) this.#byHand(!goesBackLater);
    else if (!goesBackLater && draw.chance(20)) {
      this.#next('v1b', true);
      this.#happens.push('ship', 'remember');
    }
    this.#next('v2', goesBackLater && draw.chance(70));
    if (goesBackLater) this.#later();
    else this.#happens.push('break', { ship: ['--auto-rollback'] });
    return this.#written();
  }

  #put(name: string, version: Version): void {
    this.#versions[name] = version;
    this.#happens.push({ env: environmentOf(version) }, { put: name });
  }

  #next(name: string, isCalm: boolean): void {
    const { version, edits } = edited(this.#maker, this.#draw, this.#last, isCalm);
    this.#put(name, version);
    this.#told.push(`${name}: ${edits.join(', ')}`);
    this.#last = version;
  }

  /** Somebody works beside ship, after the first version. */
  #byHand(isRemembered: boolean): void {
    const draw = this.#draw;
    const first = this.#last;
    if (draw.chance(60)) {
      this.#next('hand', true);
      this.#happens.push({ run: byHand(this.#last) });
      const then = draw.pick(['v1 again', 'on from it', 'on from v1']);
      if (then === 'v1 again') this.#put('v1', first);
      if (then !== 'on from it') this.#last = first;
      if (isRemembered) this.#happens.push('remember');
    } else {
      const hand = handOn(draw, first);
      if (hand === undefined) return;
      this.#happens.push({ run: hand.command });
      if (isRemembered && !hand.isDrift) this.#happens.push('remember');
      this.#told.push(hand.what);
    }
  }

  /** The second version and perhaps more are deployed, and then the first one is gone back to. */
  #later(): void {
    const draw = this.#draw;
    this.#happens.push('ship');
    for (const name of ['v3', 'v4']) {
      if (!draw.chance(25)) continue;
      this.#next(name, true);
      if (draw.chance(60)) this.#happens.push('ship');
      else this.#told.push('which is not deployed');
    }
    if (draw.chance(15)) {
      this.#happens.push(goBack(), 'ship');
      this.#told.push('gone back to and forth');
    }
    this.#happens.push(goBack());
  }

  #written(): Example {
    const versions = Object.values(this.#versions);
    const { git, inside } = versions[0]!;
    const hasEnvironment = versions.some((version) => Object.keys(environmentOf(version)).length > 0);
    return {
      given: this.#told.join('; '),
      ...(git ? { git } : {}),
      ...(inside === '' ? {} : { in: inside }),
      ...(versions.some(({ resources }) => resources.some(({ type }) => type === 'files_file')) ? { provider: true } : {}),
      happens: hasEnvironment ? this.#happens : this.#happens.filter((event) => typeof event !== 'object' || !('env' in event)),
      ends: 'either',
      versions: Object.fromEntries(Object.entries(this.#versions).map(([name, version]) => [name, filesOf(version)])),
      writers: writersIn(versions),
    };
  }
}

/** Who writes which file of `world/` by a provisioner. */
function writersIn(versions: readonly Version[]): Example['writers'] {
  const all = versions.flatMap(({ resources }) => resources);
  return Object.fromEntries(
    all
      .filter(({ provisioners }) => provisioners.length > 0)
      .map(({ id }) => [noteOf({ id }), [...new Set(all.filter((each) => each.id === id).map(({ name }) => name))]]),
  );
}

/** Random configurations that are deployed, changed, and gone back to. */
export const examples: fc.Arbitrary<Example> = fc.gen().map((gen) => new Story(gen).example());
