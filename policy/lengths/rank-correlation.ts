/**
 * Kendall's τ-b (Kendall 1945): how far two lists order the same things alike, from −1 to 1, with ties taken out.
 * Counted by merge sort (Knight 1966). 0 when all values of a list are the same: it orders nothing.
 */
export function kendallTau(a: readonly number[], b: readonly number[]): number {
  const pairs = a.map((value, index) => [value, b[index]!] as const);
  pairs.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  const all = pairsOf(pairs.length);
  const tiedInA = tied(pairs, (one, other) => one[0] === other[0]);
  const tiedInBoth = tied(pairs, (one, other) => one[0] === other[0] && one[1] === other[1]);
  const ordered = pairs.map(([, value]) => value);
  const discordant = sortCountingSwaps(ordered);
  const tiedInB = tied(ordered, (one, other) => one === other);
  const ordering = Math.sqrt((all - tiedInA) * (all - tiedInB));
  return ordering === 0 ? 0 : (all - tiedInA - tiedInB + tiedInBoth - 2 * discordant) / ordering;
}

function pairsOf(count: number): number {
  return (count * (count - 1)) / 2;
}

/** Pairs of equals in a list where equals are neighbours. */
function tied<T>(values: readonly T[], isSame: (one: T, other: T) => boolean): number {
  let sum = 0;
  let run = 1;
  for (let index = 1; index <= values.length; index++) {
    if (index < values.length && isSame(values[index - 1]!, values[index]!)) run += 1;
    else {
      sum += pairsOf(run);
      run = 1;
    }
  }
  return sum;
}

/** Sorts in place, and counts the pairs that stood the wrong way round. */
function sortCountingSwaps(values: number[]): number {
  if (values.length < 2) return 0;
  const left = values.slice(0, values.length >> 1);
  const right = values.slice(values.length >> 1);
  let swaps = sortCountingSwaps(left) + sortCountingSwaps(right);
  let [fromLeft, fromRight] = [0, 0];
  for (let index = 0; index < values.length; index++) {
    const takeRight =
      fromLeft === left.length || (fromRight < right.length && right[fromRight]! < left[fromLeft]!);
    if (takeRight) swaps += left.length - fromLeft;
    values[index] = takeRight ? right[fromRight++]! : left[fromLeft++]!;
  }
  return swaps;
}
