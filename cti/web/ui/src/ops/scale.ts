/** The least of 1, 2, 5, 10, 20, 50 … that is not below *most*: the right end of a scale that people can read. */
export function niceCeiling(most: number): number {
  if (!(most > 0) || !Number.isFinite(most)) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return (most <= power ? 1 : most <= 2 * power ? 2 : most <= 5 * power ? 5 : 10) * power
}
