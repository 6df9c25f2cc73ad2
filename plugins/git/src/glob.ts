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
