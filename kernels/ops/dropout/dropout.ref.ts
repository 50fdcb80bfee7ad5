import { elementCount } from '../../graph/graph.ts'
import { threefry2x32, unitFloat } from '../../random/threefry.ts'
import type { StepScalars } from '../op.ts'
import type { DropoutAttributes } from './types.ts'

export function dropoutReference(x: Float64Array, shape: readonly number[], { p, layer }: DropoutAttributes, step: StepScalars): Float64Array {
  const perSample = elementCount(shape.slice(1))
  const bits = new Uint32Array(2)
  threefry2x32(step.seed, layer, step.step, 0, bits)
  const [key0 = 0, key1 = 0] = bits
  return x.map((value, i) => {
    threefry2x32(key0, key1, Math.floor(i / perSample) + step.sampleOffset, i % perSample, bits)
    return unitFloat(bits[0] ?? 0) < Math.fround(p) ? 0 : value / (1 - p)
  })
}
