/**
 * `"rate"` for `"rat"`: the known word that takes the fewest edits, where it takes at most two;
 * among equals one that merely goes on after the word.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  const enough = Math.min(3, word.length);
  let cheapest: number = enough;
  for (const candidate of known) {
    const edits = editsBetween(word, candidate, enough);
    const cost = candidate.startsWith(word) ? edits - 0.5 : edits;
    if (edits < enough && cost < cheapest) [best, cheapest] = [candidate, cost];
  }
  return best;
}

function editsBetween(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) return enough;
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? enough;
}
