/** A version of a component, and the interface that it declares. */
export interface Declared {
  readonly version: string;
  readonly contract?: string | undefined;
}

/** Whether two versions of a component can take each other's place; undefined: unknown. */
export interface Change {
  readonly breaking: boolean | undefined;
  readonly why: string;
}

/** Contracts decide where both declare one, and otherwise the numbers, as semver.org has it. */
export async function breakingChange(from: Declared, to: Declared): Promise<Change> {
  if (from.contract !== undefined && to.contract !== undefined) {
    const same = from.contract === to.contract;
    return {
      breaking: !same,
      why: same ? `both keep the contract ${from.contract}` : `the contract changes from ${from.contract} to ${to.contract}`,
    };
  }
  const [one, other] = [await parse(from.version), await parse(to.version)];
  if (one === undefined || other === undefined)
    return { breaking: undefined, why: 'the versions do not say whether that is a breaking change, and declare no `contract`' };
  if (one.major !== other.major) return { breaking: true, why: 'another major version is a breaking change' };
  if (one.major === 0 && one.minor !== other.minor) return { breaking: true, why: 'below 1.0 another minor version is a breaking change' };
  return { breaking: false, why: 'no breaking change, by the numbers' };
}

/** Is the version in the range? Undefined where it is no version that could be. */
export async function fits(version: string, range: string): Promise<boolean | undefined> {
  const { default: semver } = await import('semver');
  const parsed = await parse(version);
  return parsed === undefined ? undefined : semver.satisfies(parsed, range, { includePrerelease: true });
}

/** Is that a range of versions at all? */
export async function isRange(text: string): Promise<boolean> {
  const { default: semver } = await import('semver');
  return semver.validRange(text) !== null;
}

/** `1.2.3`, with or without `v`; `v2` and `2.1` are what people mean by them. A commit or a date is no version. */
const NUMBERED = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?([-+][0-9A-Za-z.+-]+)?$/;

async function parse(version: string) {
  const { default: semver } = await import('semver');
  const [matched, major, minor = '0', patch = '0', rest = ''] = NUMBERED.exec(version) ?? [];
  // A bare number of eight digits is a date or a build.
  if (matched === undefined || /^\d{5,}$/.test(version)) return undefined;
  return semver.parse(`${major}.${minor}.${patch}${rest}`) ?? undefined;
}
