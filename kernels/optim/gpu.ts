/**
 * The optimizers on the GPU: one dispatch over the whole parameter vector, whatever the number of tensors. With
 * `clipNorm` two small dispatches before it find the global norm in a fixed order.
 *
 * The loss's weight is read from the statistics on the GPU, so nothing waits for a read-back, and a non-finite gradient
 * raises the fourth word of the statistics (an integer atomic: order does not matter, the bits stay reproducible).
 */
import type { ParameterLayout } from '../engine/types.ts'
import { KernelError } from '../errors.ts'
import { trainedLength } from '../layers/layout.ts'
import type { KernelVariant } from '../ops/op.ts'
import { alignBytes, type PlannedBinding, type PlannedBuffer, type PlannedDispatch } from '../plan/types.ts'
import type { OptimizerSpec } from '../spec.ts'
import { buffersVariant, NORM_GROUPS, normVariant, scaleVariant, updateVariant } from './gpu.wgsl.ts'
import { stateNames } from './rules.ts'

export interface OptimizerPlan {
  readonly buffers: readonly PlannedBuffer[]
  readonly dispatches: readonly PlannedDispatch[]
}

const STATS_BYTES = 16

/** The update runs over the parameters alone; buffers follow their own rules in one dispatch more. State vectors have the whole length. */
export function planOptimizer(optimizer: OptimizerSpec, clipNorm: number | null, layout: ParameterLayout): OptimizerPlan {
  const length = trainedLength(layout)
  if (length % 64 !== 0) throw new KernelError('SHAPE_MISMATCH', `optimizer: a vector padded to 64 elements is needed, got ${length}`)
  const bytes = layout.length * 4
  const names = stateNames(optimizer)
  const whole = (buffer: string, access: PlannedBinding['access'], sizeBytes: number): PlannedBinding => ({ buffer, offsetBytes: 0, sizeBytes, access })
  const dispatch = (label: string, bindings: PlannedBinding[], variant: KernelVariant): PlannedDispatch => ({ label, bindings, variants: () => [variant] })
  const buffers: PlannedBuffer[] = names.map((name) => ({ name: `state.${name}`, bytes, category: 'optimizer', use: 'storage' }))
  const dispatches: PlannedDispatch[] = []

  const update = [whole('parameters', 'read_write', bytes), whole('gradients', 'read', bytes), whole('stats', 'read_write', STATS_BYTES)]
  if (clipNorm !== null) {
    const partialBytes = NORM_GROUPS * 4
    buffers.push({ name: 'norm.partials', bytes: alignBytes(partialBytes), category: 'optimizer', use: 'storage' })
    buffers.push({ name: 'norm.scale', bytes: alignBytes(16), category: 'optimizer', use: 'storage' })
    dispatches.push(
      dispatch('norm.partials', [whole('gradients', 'read', bytes), whole('norm.partials', 'read_write', partialBytes)], normVariant(length)),
      dispatch(
        'norm.scale',
        [whole('norm.partials', 'read', partialBytes), whole('stats', 'read', STATS_BYTES), whole('norm.scale', 'read_write', 16)],
        scaleVariant(clipNorm),
      ),
    )
    update.push(whole('norm.scale', 'read', 16))
  }
  update.push(...names.map((name) => whole(`state.${name}`, 'read_write', bytes)))
  dispatches.push(dispatch(`update.${optimizer.type}`, update, updateVariant(optimizer, clipNorm !== null, length)))
  if (length < layout.length) {
    dispatches.push(
      dispatch(
        'update.buffers',
        [whole('parameters', 'read_write', bytes), whole('gradients', 'read', bytes), whole('stats', 'read', STATS_BYTES)],
        buffersVariant(layout),
      ),
    )
  }
  return { buffers, dispatches }
}
