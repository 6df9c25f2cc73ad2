const WORD = /^[\p{L}\p{N}_$]+$/u;
/** Blanks and comments; quotes; words and numbers; any other sign. */
const TOKEN =
  /(\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*')|"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|\[([^\]]*)\]|([\p{L}\p{N}_$]+)|[\s\S]/gu;

/**
 * The words and signs of a statement, as far as they mean something: without quotes around what is a name of the schema. An ALTER
 * TABLE writes names in quotes where there were none.
 */
export function tokensOf(text: string, names: ReadonlySet<string>): string[] {
  return [...text.matchAll(TOKEN)].flatMap(([token, blank, literal, ...quoted]) => {
    if (blank !== undefined) return [];
    if (literal !== undefined) return [literal];
    const [double, back, bracket, word] = quoted;
    if (word !== undefined) return [word];
    const name = double?.replaceAll('""', '"') ?? back?.replaceAll('``', '`') ?? bracket;
    if (name === undefined) return [token];
    // Quotes around anything else may be those of a text.
    return [names.has(name.toLowerCase()) && WORD.test(name) ? name : token];
  });
}

/**
 * The parts of the tokens of a CREATE TABLE: columns and constraints, and what comes after the brackets. In small letters: large
 * ones are of no account in it, but in the names of columns, which are read by themselves.
 */
export function topLevelOf(tokens: readonly string[]): string[] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token === ')' && --depth === 0) parts.push([')']);
    if (depth === 1 && token === ',') parts.push([]);
    else if (depth > 0 || (token !== ')' && parts.length > 1)) parts.at(-1)!.push(WORD.test(token) ? token.toLowerCase() : token);
    if (token === '(' && ++depth === 1) parts.push([]);
  }
  return parts.map((part) => part.join(' ')).filter((part) => part !== '' && part !== ')');
}
