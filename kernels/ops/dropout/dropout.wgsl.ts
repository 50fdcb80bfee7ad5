import { elementCount } from '../../graph/graph.ts'
import { linearGrid, linearGroup, wgslFloat } from '../../plan/wgsl.ts'
import { THREEFRY_WGSL } from '../../random/threefry.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import type { DropoutAttributes } from './types.ts'

const WORKGROUP_SIZE = 64

export function dropoutVariant(shape: readonly number[], { p, layer, firstSample = 0 }: DropoutAttributes): KernelVariant {
  const count = elementCount(shape)
  const perSample = elementCount(shape.slice(1))
  const workgroups = linearGrid(Math.ceil(count / WORKGROUP_SIZE))
  return {
    name: 'elementwise-f32',
    operands: [
      { name: 'source', element: 'f32' },
      { name: 'result', element: 'f32' },
    ],
    usesStep: true,
    workgroups,
    code: /* wgsl */ `
${THREEFRY_WGSL}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${linearGroup(workgroups)} * ${WORKGROUP_SIZE}u + lane;
  if (i >= ${count}u) { return; }
  let key = threefry(vec2u(step.seed, ${layer}u), vec2u(step.step, 0u));
  let bits = threefry(key, vec2u(i / ${perSample}u + ${firstSample}u + step.sampleOffset, i % ${perSample}u));
  result[i] = select(source[i] * ${wgslFloat(1 / (1 - p))}, 0.0, unit_float(bits.x) < ${wgslFloat(p)});
}`,
  }
}
