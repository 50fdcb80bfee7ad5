import { linearGrid, linearGroup, loopBound } from '../../plan/wgsl.ts'
import type { KernelVariant } from '../op.ts'
import type { EmbeddingGradAttributes } from './embedding-grad.ts'

const LANES = 64

/** A workgroup per id: all its lanes look through the ids together, and each adds up columns of its own. */
export function embeddingGradVariant(shape: readonly number[], { vocabulary, firstId = 0, accumulates = false }: EmbeddingGradAttributes): KernelVariant {
  const [rows = 0, width = 0] = shape
  const workgroups = linearGrid(vocabulary)
  return {
    name: 'gather-per-id',
    operands: [
      { name: 'ids', element: 'i32' },
      { name: 'gradient', element: 'f32' },
      { name: 'sums', element: 'f32' },
    ],
    workgroups,
    code: /* wgsl */ `
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = ${linearGroup(workgroups)};
  if (id >= ${vocabulary}u) { return; }
  let rows = ${loopBound(rows, 'ids')};
  let width = ${loopBound(width, 'ids')};
  ${accumulates ? '' : `for (var c = lane; c < width; c += ${LANES}u) { sums[id * ${width}u + c] = 0.0; }`}
  for (var row = 0u; row < rows; row++) {
    if (u32(ids[row]) != id + ${firstId}u) { continue; }
    for (var c = lane; c < width; c += ${LANES}u) { sums[id * ${width}u + c] += gradient[row * ${width}u + c]; }
  }
}`,
  }
}
