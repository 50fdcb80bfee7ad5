/**
 * Matmul kernels. First fit wins for now; each candidate is checked against the reference on every device that tests run on.
 */
import type { DeviceCaps } from '../../device/caps.ts'
import { linearGrid, linearGroup } from '../../plan/wgsl.ts'
import { activateFunction } from '../activation.ts'
import type { KernelVariant, OperandDeclaration } from '../op.ts'
import type { MatmulAttributes, MatmulForm, MatmulSizes } from './types.ts'

export function matmulVariants(sizes: MatmulSizes, attributes: MatmulAttributes, hasBias: boolean, _caps: DeviceCaps): KernelVariant[] {
  return [plainVariant(sizes, attributes, hasBias)]
}

export function matmulOperands(hasBias: boolean): OperandDeclaration[] {
  const names = hasBias ? ['a', 'b', 'bias', 'c'] : ['a', 'b', 'c']
  return names.map((name) => ({ name, element: 'f32' }))
}

const WORKGROUP_SIZE = 64

/** One invocation per output: correct everywhere, fast nowhere. */
function plainVariant({ m, n, k }: MatmulSizes, { form, activation }: MatmulAttributes, hasBias: boolean): KernelVariant {
  const workgroups = linearGrid(Math.ceil((m * n) / WORKGROUP_SIZE))
  const left: Record<MatmulForm, string> = { NN: `row * ${k}u + p`, NT: `row * ${k}u + p`, TN: `p * ${m}u + row` }
  const right: Record<MatmulForm, string> = { NN: `p * ${n}u + column`, NT: `column * ${k}u + p`, TN: `p * ${n}u + column` }
  return {
    name: 'plain',
    operands: matmulOperands(hasBias),
    workgroups,
    code: /* wgsl */ `
${activateFunction(activation)}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${linearGroup(workgroups)} * ${WORKGROUP_SIZE}u + lane;
  if (i >= ${m * n}u) { return; }
  let row = i / ${n}u;
  let column = i % ${n}u;
  var sum = 0.0;
  for (var p = 0u; p < ${k}u; p++) { sum += a[${left[form]}] * b[${right[form]}]; }
  c[i] = activate(sum${hasBias ? ' + bias[column]' : ''});
}`,
  }
}
