// Medians, quartiles, and who is how many times as slow as whom.

/** A quantile of numbers, between two of them by their distance (type 7 of Hyndman and Fan, 1996). */
export function quantile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}

/** What a cell shows. */
export function summary(numbers) {
  return {
    median: quantile(numbers, 0.5),
    first_quartile: quantile(numbers, 0.25),
    third_quartile: quantile(numbers, 0.75),
    samples: numbers.length,
  };
}

/** How many times as long as `others` the `numbers` are, each compared with the one of its own round. */
export function ratio(numbers, others) {
  if (numbers.length !== others.length) throw new Error(`${numbers.length} rounds and ${others.length} are no pairs`);
  return summary(numbers.map((number, round) => number / others[round]));
}
