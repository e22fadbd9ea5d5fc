/** Medians, ratios, and how they are shown. */

/** The value below which that share of the values lies; the middle one of an even number is the mean of two. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

export const median = (values) => quantile(values, 0.5);

/** Two series taken in turn: their medians, and the ratio of the two of each round with its quartiles. */
export function compare(ours, theirs) {
  const ratios = ours.map((value, round) => value / theirs[round]);
  return {
    runnc: median(ours),
    runc: median(theirs),
    ratio: median(ours) / median(theirs),
    quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    rounds: ours.length,
  };
}

/** A line of the table for what `compare` answers. */
export const comparisonRow = (name, { runnc, runc, ratio, quartiles: [low, high] }) => [
  name,
  `${runnc.toFixed(1)} ms`,
  `${runc.toFixed(1)} ms`,
  ratio.toFixed(2),
  `${low.toFixed(2)} to ${high.toFixed(2)}`,
];

/** Rows as lines, the first column to the left and the others to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   '))
    .join('\n');
}
