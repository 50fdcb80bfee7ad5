import { linearGrid, linearGroup } from '../../plan/wgsl.ts'
import type { KernelVariant } from '../op.ts'

const WORKGROUP_SIZE = 64

export function weighVariant(count: number): KernelVariant {
  const workgroups = linearGrid(Math.ceil(count / WORKGROUP_SIZE))
  return {
    name: 'elementwise-f32',
    operands: ['value', 'stats', 'weighed'].map((name) => ({ name, element: 'f32' as const })),
    workgroups,
    code: /* wgsl */ `
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${linearGroup(workgroups)} * ${WORKGROUP_SIZE}u + lane;
  if (i < ${count}u) { weighed[i] = value[i] * stats[1]; }
}`,
  }
}
