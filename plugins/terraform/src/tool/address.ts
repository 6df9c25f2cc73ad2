/** An index of an address: a number, or a key in quotes, in which anything may stand. */
const INDEX = /\[(?:\d+|"(?:[^"\\]|\\.)*")\]/g;

/** The address without its indexes: that of the block in the configuration. */
export const unindexed = (address: string): string => address.replace(INDEX, '');

const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A key as Terraform writes it in an address: what would begin an expression in it is escaped. */
export function quotedKey(key: string): string {
  const plain = key.replace(/[$%](?=\{)/g, '$&$&');
  const escaped = [...plain].map((each) => ESCAPES[each] ?? (each < ' ' ? `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}` : each));
  return `"${escaped.join('')}"`;
}
