/**
 * Shapes through a model that is being written: as far as its layers make sense. A form shows what comes out of each
 * layer while the last one is still half typed.
 */
import { type CheckedLayer, checkModel } from '../../kernels/index.ts'
import type { LayerSpec } from '../../kernels/spec.ts'
import { isObject } from './paths.ts'

export function shapesAlong(input: unknown, layers: readonly unknown[]): readonly CheckedLayer[] {
  if (!Array.isArray(input) || !input.every((size) => Number.isSafeInteger(size) && size > 0) || input.length === 0) return []
  const specs: LayerSpec[] = []
  for (const layer of layers) {
    if (!isObject(layer) || typeof layer.type !== 'string') break
    specs.push(layer as LayerSpec)
  }
  for (let count = specs.length; count > 0; count--) {
    try {
      // A layer of its own at the end: a model without parameters is refused as a whole, not in its parts.
      const { layers: checked } = checkModel({ kind: 'sequential', input, layers: [...specs.slice(0, count), { type: 'linear', units: 1 }] })
      return checked.slice(0, count)
    } catch {
      // One layer less.
    }
  }
  return []
}
