/** A name, as SQL has it. */
export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
