/** Of the ratio to the base. */
export const ratioAtMost = (limit) => ({ of: 'ratio', text: `<= ${limit}`, holds: (value) => value <= limit });
export const ratioAtLeast = (limit) => ({ of: 'ratio', text: `>= ${limit}`, holds: (value) => value >= limit });
/** Of the median itself, in the unit of its table. */
export const valueAtMost = (limit, unit) => ({ of: 'median', text: `<= ${limit} ${unit}`, holds: (value) => value <= limit });
