/**
 * The text around a kernel: enables, the per-step uniforms, binding declarations made from the operand list. Ops never
 * write `@group` or `@binding` themselves, so the order of bindings is decided in one place.
 */
import type { BindingAccess } from '../device/pipelines.ts'
import type { OperandDeclaration } from '../ops/op.ts'

/**
 * The step uniforms. The first four words say which rows of which batch are computed; `decay` belongs to the optimizer
 * (meaning per optimizer in `optim/rules.ts`), as do `updates`: rate, correction and unbias of this step's update, if
 * 0, 1, … more steps than `skipped` will have been left out before it. `lossScale` multiplies the gradient of the loss.
 *
 * Not immediates: what differs between dispatches is a constant in their text, and these words are written once a step for all
 * of them, which immediates would need a call for too; devices without them would need this buffer all the same.
 */
export const STEP_UNIFORM_BYTES = 256
/** Steps in flight: so many may have been left out that the host does not know of, less one. */
export const UPDATES_AHEAD = 4
export const STEP_OFFSETS_BYTES = { batch: 0, decay: 16, skipped: 20, lossScale: 24, updates: 32 } as const
/** The part that the host writes; `lossScale` is copied from the guard's state afterwards. */
export const STEP_WRITTEN_BYTES = STEP_OFFSETS_BYTES.updates + UPDATES_AHEAD * 16

const STEP_STRUCT = /* wgsl */ `struct Step {
  count: u32, step: u32, seed: u32, sampleOffset: u32,
  decay: f32, skipped: u32, lossScale: f32,
  updates: array<vec4f, ${UPDATES_AHEAD}>,
}`

export interface BoundOperand extends OperandDeclaration {
  readonly access: 'read' | 'read_write'
}

export interface AssembledKernel {
  readonly wgsl: string
  readonly bindings: readonly BindingAccess[]
}

export function assembleKernel(operands: readonly BoundOperand[], usesStep: boolean, enable: readonly string[], code: string): AssembledKernel {
  const halves = operands.some(({ element }) => element === 'f16' || element === 'vec4h')
  const lines = [...new Set([...(halves ? ['f16'] : []), ...enable])].map((name) => `enable ${name};`)
  const bindings: BindingAccess[] = []
  for (const operand of operands) {
    lines.push(`@group(0) @binding(${bindings.length}) var<storage, ${operand.access}> ${operand.name}: array<${operand.element}>;`)
    bindings.push(operand.access)
  }
  if (usesStep) {
    lines.push(STEP_STRUCT, `@group(0) @binding(${bindings.length}) var<uniform> step: Step;`)
    bindings.push('uniform')
  }
  return { wgsl: `${lines.join('\n')}\n${code.trim()}\n`, bindings }
}

/** A float as WGSL reads it back exactly: JavaScript's shortest form of the f32 value, with a point or exponent. */
export function wgslFloat(value: number): string {
  const rounded = Math.fround(value)
  if (!Number.isFinite(rounded)) throw new RangeError(`WGSL has no literal for ${value}`)
  const text = String(rounded)
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`
}

/** Hardware limit of workgroups per dimension, the same everywhere. */
export const MAX_WORKGROUPS_PER_DIMENSION = 65_535

/** A grid of at least `count` workgroups that no dimension limit refuses; kernels see it as one line through `linearGroup`. */
export function linearGrid(count: number): readonly [number, number, number] {
  const groups = Math.max(1, count)
  if (groups <= MAX_WORKGROUPS_PER_DIMENSION) return [groups, 1, 1]
  const rows = Math.ceil(groups / MAX_WORKGROUPS_PER_DIMENSION)
  return [Math.ceil(groups / rows), rows, 1]
}

/** WGSL expression for the linear workgroup index of `grid`, given `group: vec3u` = workgroup_id. Groups beyond the count must return early. */
export function linearGroup(grid: readonly [number, number, number]): string {
  return grid[1] === 1 ? 'group.x' : `(group.y * ${grid[0]}u + group.x)`
}

/**
 * WGSL for a constant loop bound as a value that a compiler cannot know: no array has 2^31 elements, so it is always
 * `count`. A constant, or a bound that it can prove by range analysis, makes lavapipe unroll the whole loop where it is
 * short, and then compile for seconds (measured: 3.3 s of CPU against 0.2 for a matmul with k = 13).
 */
export function loopBound(count: number, array: string): string {
  return `${count}u + (arrayLength(&${array}) & 0x80000000u)`
}
