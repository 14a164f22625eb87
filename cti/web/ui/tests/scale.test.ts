import { expect, it } from 'vitest'
import { niceCeiling } from '../src/ops/scale'

it.each([[0, 1], [NaN, 1], [-Infinity, 1], [0.061, 0.1], [1, 1], [1.01, 2], [41, 50], [52, 100], [100, 100], [240, 500]])(
  'the scale for %d ends at %d',
  (most, end) => {
    expect(niceCeiling(most)).toBeCloseTo(end, 9)
  },
)
