/** An index of an address: a number, or a key in quotes, in which anything may stand. */
const INDEX = /\[(?:\d+|"(?:[^"\\]|\\.)*")\]/g;

/** The address without its indexes: that of the block in the configuration. */
export const unindexed = (address: string): string => address.replace(INDEX, '');
