import { type DeviceCaps, fixedSubgroupSize } from '../../device/caps.ts'
import { linearGrid, linearGroup, loopBound } from '../../plan/wgsl.ts'
import type { KernelVariant, OperandDeclaration } from '../op.ts'
import type { EmbeddingGradAttributes } from './embedding-grad.ts'

const LANES = 64
/** Lanes that a word of a ballot tells of. */
const BALLOT_BITS = 32

export function embeddingGradVariants(shape: readonly number[], attributes: EmbeddingGradAttributes, caps: DeviceCaps): KernelVariant[] {
  const lanes = fixedSubgroupSize(caps)
  const alone = workgroupVariant(shape, attributes)
  if (lanes === null) return [alone]
  // Ids keep it from being measured: on a GPU, where nobody has seen the other, the simple one stands.
  const shared = subgroupVariant(shape, attributes, lanes)
  return caps.kind === 'cpu' ? [shared, alone] : [alone, shared]
}

/** A subgroup per id: each lane looks at another row's id, and where some have it all add up those rows, in row order, each lane its columns. */
function subgroupVariant(shape: readonly number[], { vocabulary, firstId = 0, accumulates = false }: EmbeddingGradAttributes, lanes: number): KernelVariant {
  const [rows = 0, width = 0] = shape
  const workgroups = linearGrid(vocabulary)
  const words = Array.from({ length: Math.ceil(lanes / BALLOT_BITS) }, (_, word) => word)
  const addUp = (word: number) => /* wgsl */ `
    for (var bits = having[${word}]; bits != 0u; bits &= bits - 1u) {
      let row = first + ${word * BALLOT_BITS}u + firstTrailingBit(bits);
      for (var c = lane; c < width; c += ${lanes}u) { sums[id * ${width}u + c] += gradient[row * ${width}u + c]; }
    }`
  return {
    name: 'gather-per-subgroup',
    operands: OPERANDS,
    enable: ['subgroups'],
    workgroups,
    code: /* wgsl */ `
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let id = ${linearGroup(workgroups)};
  if (id >= ${vocabulary}u) { return; }
  let rows = ${loopBound(rows, 'ids')};
  let width = ${loopBound(width, 'ids')};
  ${accumulates ? '' : `for (var c = lane; c < width; c += ${lanes}u) { sums[id * ${width}u + c] = 0.0; }`}
  for (var first = 0u; first < rows; first += ${lanes}u) {
    let own = first + lane;
    let having = subgroupBallot(own < rows && u32(ids[min(own, rows - 1u)]) == id + ${firstId}u);
    ${words.map(addUp).join('\n')}
  }
}`,
  }
}

const OPERANDS: readonly OperandDeclaration[] = [
  { name: 'ids', element: 'i32' },
  { name: 'gradient', element: 'f32' },
  { name: 'sums', element: 'f32' },
]

/** A workgroup per id: all its lanes look through the ids together, and each adds up columns of its own. */
function workgroupVariant(shape: readonly number[], { vocabulary, firstId = 0, accumulates = false }: EmbeddingGradAttributes): KernelVariant {
  const [rows = 0, width = 0] = shape
  const workgroups = linearGrid(vocabulary)
  return {
    name: 'gather-per-id',
    operands: OPERANDS,
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
