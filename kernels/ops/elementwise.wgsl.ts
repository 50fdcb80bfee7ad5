/**
 * The frame of every elementwise kernel: one invocation per element or per vec4 of elements, a grid that may be 2-D.
 * `element` is scalar WGSL in f32, evaluated per component of vec4s; operands and result may lie in memory as f16.
 */
import { linearGrid, linearGroup } from '../plan/wgsl.ts'
import { loaded, storedAs, storeFunctions, toStore } from './half.wgsl.ts'
import type { DType, KernelVariant } from './op.ts'

const WORKGROUP_SIZE = 64

export interface ElementwiseKernel {
  readonly count: number
  /** Parameters of the element function, in the order of the node's inputs; f32 where no type is said. */
  readonly inputs: readonly (string | { readonly name: string; readonly dtype: DType })[]
  /** f32 where it is not said. */
  readonly result?: DType
  /** Module-scope helpers plus `fn element(<inputs>: f32) -> f32`. */
  readonly functions: string
}

export function elementwiseVariant({ count, inputs, result = 'f32', functions }: ElementwiseKernel): KernelVariant {
  const width = count % 4 === 0 ? 4 : 1
  const items = count / width
  const workgroups = linearGrid(Math.ceil(items / WORKGROUP_SIZE))
  const operands = inputs.map((input) => (typeof input === 'string' ? { name: input, dtype: 'f32' as const } : input))
  const loads = operands.map(({ name, dtype }) => `let v_${name} = ${loaded(dtype, width, `${name}[i]`)};`).join(' ')
  const call = (component: string) => `element(${operands.map(({ name }) => `v_${name}${component}`).join(', ')})`
  const value = width === 4 ? `vec4f(${['.x', '.y', '.z', '.w'].map(call).join(', ')})` : call('')
  return {
    name: `elementwise-${storedAs(result, width)}`,
    operands: [...operands, { name: 'result', dtype: result }].map(({ name, dtype }) => ({ name, element: storedAs(dtype, width) })),
    workgroups,
    code: /* wgsl */ `
${functions}
${storeFunctions(result)}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${linearGroup(workgroups)} * ${WORKGROUP_SIZE}u + lane;
  if (i >= ${items}u) { return; }
  ${loads}
  result[i] = ${toStore(result, width, value)};
}`,
  }
}
