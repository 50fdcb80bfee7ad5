import { roundToHalf } from '../../half.ts'
import type { CastAttributes } from './cast.ts'

export function castReference(x: Float64Array, { to }: CastAttributes): Float64Array {
  return x.map(to === 'f16' ? roundToHalf : Math.fround)
}
