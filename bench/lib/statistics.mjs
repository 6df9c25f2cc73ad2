/** The value below which the share `q` of the values lies. */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)];
  return below + (sorted[Math.ceil(position)] - below) * (position % 1);
}

export const median = (values) => quantile(values, 0.5);
