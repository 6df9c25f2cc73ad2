import type { Condition } from '@ship/core';

/** `when: { branch: main }`, or a list, or patterns such as `release/*`. Does not hold where the branch is unknown. */
export const branchCondition: Condition = {
  input: {
    $id: 'ship:git/branch',
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
    ],
  },
  holds: ({ facts }, argument) => facts.branch !== undefined && matches(facts.branch, [argument].flat().map(String)),
};

/** `when: { dirty: false }`: is there something that is not committed? */
export const dirtyCondition: Condition = {
  input: { $id: 'ship:git/dirty', type: 'boolean' },
  async holds(ctx, argument) {
    const { changedFiles } = await import('./git.js');
    return (ctx.facts.dirty ?? String((await changedFiles(ctx)).length > 0)) === String(argument);
  },
};

/** Does a branch match one of the patterns? `*` stands for anything, slashes too. */
export function matches(branch: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchesOne(branch, pattern.split('*')));
}

/** Looks for the parts in order, so that no pattern can take long. */
function matchesOne(text: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let rest = text.slice(first.length, text.length - last.length);
  for (const part of parts.slice(1, -1)) {
    const at = rest.indexOf(part);
    if (at === -1) return false;
    rest = rest.slice(at + part.length);
  }
  return true;
}
