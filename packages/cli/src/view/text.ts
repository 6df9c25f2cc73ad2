/** The first line of a text, which says what happened; the others are its details. */
export const brief = (text: string): string => text.split('\n', 1)[0]!;
