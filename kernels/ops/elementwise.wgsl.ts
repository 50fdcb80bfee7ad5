/**
 * The frame of every elementwise kernel: one invocation per element or per vec4 of elements, a grid that may be 2-D.
 * `expression` is scalar WGSL in the operand names; for vec4 operands it is evaluated per component.
 */
import { linearGrid, linearGroup, widest } from '../plan/wgsl.ts'
import type { KernelVariant } from './op.ts'

const WORKGROUP_SIZE = 64

export interface ElementwiseKernel {
  readonly count: number
  /** Scalar parameters of the element function, in the order of the node's inputs. */
  readonly inputs: readonly string[]
  /** Module-scope helpers plus `fn element(<inputs>: f32) -> f32`. */
  readonly functions: string
}

export function elementwiseVariant({ count, inputs, functions }: ElementwiseKernel): KernelVariant {
  const element = widest(count)
  const lanes = element === 'vec4f' ? 4 : 1
  const items = count / lanes
  const workgroups = linearGrid(Math.ceil(items / WORKGROUP_SIZE))
  const loads = inputs.map((name) => `let v_${name} = ${name}[i];`).join(' ')
  const call = (component: string) => `element(${inputs.map((name) => `v_${name}${component}`).join(', ')})`
  const result = lanes === 4 ? `vec4f(${['.x', '.y', '.z', '.w'].map(call).join(', ')})` : call('')
  return {
    name: `elementwise-${element}`,
    operands: [...inputs, 'result'].map((name) => ({ name, element })),
    workgroups,
    code: /* wgsl */ `
${functions}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${linearGroup(workgroups)} * ${WORKGROUP_SIZE}u + lane;
  if (i >= ${items}u) { return; }
  ${loads}
  result[i] = ${result};
}`,
  }
}
