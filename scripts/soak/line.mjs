/** Student's t, two-sided 95 %, for 18 degrees of freedom. */
const T = 2.101;
const BLOCKS = 20;

/**
 * The slope of y over x with half of its 95 % confidence interval. Memory that was not given back yet is there at the next
 * sample too: neighbours depend on each other, so that the means of 20 blocks are what the line goes through.
 */
export function line(points) {
  const size = Math.max(1, Math.floor(points.length / BLOCKS));
  const blocks = [];
  for (let at = 0; at + size <= points.length; at += size) {
    const block = points.slice(at, at + size);
    blocks.push([mean(block.map(([x]) => x)), mean(block.map(([, y]) => y))]);
  }
  const [x, y] = [mean(blocks.map(([a]) => a)), mean(blocks.map(([, b]) => b))];
  const spread = blocks.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  if (spread === 0 || blocks.length < 3) return { slope: 0, confidence: Number.POSITIVE_INFINITY };
  const slope = blocks.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / spread;
  const residual = blocks.reduce((sum, [a, b]) => sum + (b - y - slope * (a - x)) ** 2, 0);
  return { slope, confidence: T * Math.sqrt(residual / (blocks.length - 2) / spread) };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
