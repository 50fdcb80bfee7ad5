/**
 * The optimizers on the GPU: one dispatch over the whole parameter vector, whatever the number of tensors, and
 * two small ones before it, which find the global norm in a fixed order and decide whether the step is taken at all
 * (`guard.ts`). Only Muon needs more: matrices are updated apart from the rest.
 *
 * A vector that is longer than a device's largest binding is worked on in segments of that size.
 *
 * The loss's weight is read from the statistics on the GPU, so nothing waits for a read-back.
 */
import type { ParameterLayout } from '../engine/types.ts'
import { KernelError } from '../errors.ts'
import { trainedLength } from '../layers/layout.ts'
import type { KernelVariant } from '../ops/op.ts'
import { planDispatches } from '../plan/planner.ts'
import type { SlotAllocator } from '../plan/slots.ts'
import { alignBytes, BUFFER_ALIGNMENT_BYTES, type PlannedBinding, type PlannedBuffer, type PlannedDispatch } from '../plan/types.ts'
import type { MuonSpec, OptimizerSpec } from '../spec.ts'
import { buffersVariant, type UpdateRule, updateVariant } from './gpu.wgsl.ts'
import type { GuardRule } from './guard.ts'
import { checkVariant, decideVariant, GUARD_BYTES, partialCount } from './guard.wgsl.ts'
import { orthogonalisation } from './muon.ts'
import { adamwPartOf, shapeFactor, stateNames } from './rules.ts'

export interface OptimizerPlan {
  readonly buffers: readonly PlannedBuffer[]
  readonly dispatches: readonly PlannedDispatch[]
}

/** A range of the flat vectors, in elements; starts at a multiple of 64. */
interface Range {
  readonly first: number
  readonly length: number
}

const STATS_BYTES = 16

/** The update runs over the parameters alone; buffers follow their own rules in one dispatch more. State vectors have the whole length. */
export function planOptimizer(
  optimizer: OptimizerSpec,
  clipNorm: number | null,
  rule: GuardRule,
  layout: ParameterLayout,
  slots: SlotAllocator,
): OptimizerPlan {
  const length = trainedLength(layout)
  if (length % 64 !== 0) throw new KernelError('SHAPE_MISMATCH', `optimizer: a vector padded to 64 elements is needed, got ${length}`)
  const names = stateNames(optimizer)
  const buffers: PlannedBuffer[] = names.map((name) => ({ name: `state.${name}`, bytes: layout.length * 4, category: 'optimizer', use: 'storage' }))
  const guard = planGuard(clipNorm, rule, length, layout.length)
  buffers.push(...guard.buffers)
  const dispatches: PlannedDispatch[] = [...guard.dispatches]

  const update = (all: Range, rule: UpdateRule, states: readonly string[]) => {
    const one = over(all, (range) => {
      const bindings = [
        part('parameters', 'read_write', range),
        part('gradients', rule.writesGradient === true ? 'read_write' : 'read', range),
        whole('guard', 'read', GUARD_BYTES),
        ...states.map((name) => part(`state.${name}`, 'read_write', range)),
      ]
      return dispatch(`update.${rule.name}`, bindings, updateVariant(rule, states, range.length))
    })
    dispatches.push(one)
  }
  if (optimizer.type === 'muon') planMuon(optimizer, layout, slots, update, dispatches)
  else update({ first: 0, length }, { name: optimizer.type, optimizer }, names)

  if (length < layout.length) {
    const range = { first: length, length: layout.length - length }
    const bindings = [
      part('parameters', 'read_write', range),
      part('gradients', 'read', range),
      whole('stats', 'read', STATS_BYTES),
      whole('guard', 'read', GUARD_BYTES),
    ]
    dispatches.push(dispatch('update.buffers', bindings, buffersVariant(layout, range)))
  }
  return { buffers, dispatches }
}

/** Momentum of matrices goes into the gradient's place, is orthogonalised there, and taken from the parameters last. */
function planMuon(
  optimizer: MuonSpec,
  layout: ParameterLayout,
  slots: SlotAllocator,
  update: (range: Range, rule: UpdateRule, states: readonly string[]) => void,
  dispatches: PlannedDispatch[],
): void {
  const adamw = adamwPartOf(optimizer)
  for (const { matrix, ...range } of runsOf(layout)) {
    if (matrix) update(range, { name: 'muon.momentum', optimizer, stage: 'momentum', writesGradient: true }, ['exp_avg'])
    else update(range, { name: 'muon.adamw', optimizer: adamw, rateRatio: adamw.lr / optimizer.lr }, ['exp_avg', 'exp_avg_sq'])
  }
  const { nodes, fixed } = orthogonalisation(layout, 'gradients', optimizer.nsSteps)
  dispatches.push(...planDispatches(nodes, fixed, slots))
  for (const { offset, size, matrix } of layout.entries) {
    if (matrix === undefined) continue
    const factor = shapeFactor(optimizer, matrix)
    const range = { first: offset, length: Math.ceil(size / 64) * 64 }
    update(range, { name: 'muon.apply', optimizer, stage: 'apply', factor }, [])
  }
}

/** Neighbouring parameters of one kind, as ranges. */
function runsOf(layout: ParameterLayout): (Range & { readonly matrix: boolean })[] {
  const runs: { first: number; length: number; matrix: boolean }[] = []
  for (const { offset, size, matrix, buffer } of layout.entries) {
    if (buffer !== undefined) continue
    const length = Math.ceil(size / 64) * 64
    const last = runs.at(-1)
    if (last !== undefined && last.matrix === (matrix !== undefined)) last.length += length
    else runs.push({ first: offset, length, matrix: matrix !== undefined })
  }
  return runs
}

/** The first `trained` elements are parameters, whose norm may be clipped; all of them must be finite. */
function planGuard(clipNorm: number | null, rule: GuardRule, trained: number, length: number): OptimizerPlan {
  const groups = partialCount(length)
  const check = over({ first: 0, length }, (range) => {
    const normed = clipNorm === null ? 0 : Math.min(range.length, Math.max(0, trained - range.first))
    const scale = rule.scales && normed > 0 ? [whole('guard', 'read', GUARD_BYTES)] : []
    const bindings = [part('gradients', 'read', range), ...scale, whole('guard.partials', 'read_write', groups * 8)]
    return dispatch('update.check', bindings, checkVariant(range.length, normed, rule, { groups, accumulates: range.first > 0 }))
  })
  const bindings = [whole('guard.partials', 'read', groups * 8), whole('stats', 'read', STATS_BYTES), whole('guard', 'read_write', GUARD_BYTES)]
  return {
    buffers: [
      { name: 'guard.partials', bytes: alignBytes(groups * 8), category: 'io', use: 'storage' },
      { name: 'guard', bytes: alignBytes(GUARD_BYTES), category: 'io', use: 'storage' },
    ],
    dispatches: [check, dispatch('update.decide', bindings, decideVariant(rule, clipNorm, groups))],
  }
}

/** A dispatch over a range of the vectors; over one segment after the other where a device cannot bind so much. */
function over({ first, length }: Range, make: (range: Range) => PlannedDispatch): PlannedDispatch {
  return {
    ...make({ first, length }),
    split(maxBytes) {
      const most = Math.floor(maxBytes / BUFFER_ALIGNMENT_BYTES) * (BUFFER_ALIGNMENT_BYTES / 4)
      const count = Math.ceil(length / most)
      return Array.from({ length: count }, (_, i) => make({ first: first + i * most, length: Math.min(most, length - i * most) }))
    },
  }
}

function part(buffer: string, access: PlannedBinding['access'], { first, length }: Range): PlannedBinding {
  return { buffer, offsetBytes: first * 4, sizeBytes: length * 4, access }
}

function whole(buffer: string, access: PlannedBinding['access'], sizeBytes: number): PlannedBinding {
  return { buffer, offsetBytes: 0, sizeBytes, access }
}

function dispatch(label: string, bindings: PlannedBinding[], variant: KernelVariant): PlannedDispatch {
  return { label, bindings, variants: () => [variant] }
}
