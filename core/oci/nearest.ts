/** The nearest of the valid words to a mistyped one. */

/** The valid word that most resembles `wrong`, if one does: at most a third of its letters may differ. */
export function nearest(wrong: string, valid: readonly string[]): string | undefined {
  // Nobody mistypes a key of hundreds of letters, and the distance costs the product of the lengths.
  if (wrong.length > 64) return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const word of valid) {
    const distance = editDistance(wrong.toLowerCase(), word.toLowerCase());
    if (distance < least && distance <= Math.max(1, Math.floor(word.length / 3))) {
      least = distance;
      best = word;
    }
  }
  return best;
}

/** Levenshtein's distance: insertions, deletions and replacements that turn one word into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
