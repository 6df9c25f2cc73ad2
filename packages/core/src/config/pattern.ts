const LONGEST = 1000;

/** A group of the pattern while it is read. */
interface Group {
  /** There is an unbounded quantifier somewhere inside. */
  repeats: boolean;
  /** What each alternative starts with; `undefined` for what may be many things. */
  readonly starts: (string | undefined)[];
  /** The alternative has not begun yet. */
  fresh: boolean;
}

const group = (): Group => ({ repeats: false, starts: [], fresh: true });

/**
 * What is wrong with a regular expression, or undefined. Refuses what does not compile and what can take
 * exponential time: a quantifier inside a repeated group, and repeated alternatives that may start alike.
 * It is conservative: some harmless patterns, such as `(\d+,)*`, are refused, too.
 */
export function checkPattern(source: string): string | undefined {
  if (source.length > LONGEST) return `is longer than ${LONGEST} characters`;
  try {
    new RegExp(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(': ').at(-1) : 'unknown reason';
    return `is not a regular expression: ${reason}`;
  }
  return catastrophe(source);
}

function catastrophe(source: string): string | undefined {
  const stack = [group()];
  for (const token of tokens(source)) {
    const top = stack.at(-1)!;
    if (token.startsWith('(')) {
      begin(top, undefined);
      stack.push(group());
    } else if (token.startsWith(')')) {
      const closed = stack.pop()!;
      const problem = repeatsManyTimes(token) ? groupProblem(closed) : undefined;
      if (problem !== undefined) return problem;
      stack.at(-1)!.repeats ||= closed.repeats || repeatsManyTimes(token);
    } else if (token === '|') {
      top.fresh = true;
    } else {
      begin(top, /^[\w\s"'<>=,;:/-]$/.test(token[0]!) ? token[0] : undefined);
      top.repeats ||= repeatsManyTimes(token);
    }
  }
  return undefined;
}

function begin(top: Group, start: string | undefined): void {
  if (top.fresh) top.starts.push(start);
  top.fresh = false;
}

function groupProblem({ repeats, starts }: Group): string | undefined {
  if (repeats) return 'has a quantifier inside a repeated group';
  const overlap = starts.length > 1 && (starts.includes(undefined) || new Set(starts).size < starts.length);
  return overlap ? 'repeats alternatives that may start alike' : undefined;
}

/** Atoms with the quantifier that follows them, the beginnings and ends of groups, and bars. */
function tokens(source: string): string[] {
  return source.match(/\((?:\?(?:[:=!]|<[=!]|<\w+>))?|(?:\)|\\.|\[(?:\\.|[^\]\\])*\]|[^()|\\[])(?:[*+?]|\{\d+(?:,\d*)?\})?\??|\|/gs) ?? [];
}

/** Repeated without a bound, or so often that a bound does not help. */
function repeatsManyTimes(token: string): boolean {
  const quantifier = /([*+]|\{(\d+)(?:(,)(\d*))?\})\??$/.exec(token);
  if (quantifier === null || token.length === quantifier[0].length || /^\\.\??$/s.test(token)) return false;
  const [, sign, least, comma, most] = quantifier;
  if (sign === '*' || sign === '+') return true;
  return comma !== undefined && most === '' ? true : Number(most || least) > 10;
}
