/**
 * A model version as one safetensors file: parameters under their names, optimizer state as `<state>.<name>`, and, where it
 * is not as at the start, the guard as `guard.state`: i32 `[4]`. A weights reader that ignores extra tensors can open it,
 * and so can PyTorch.
 */
import type { OptimizerState, ParameterLayout } from '../../kernels/engine/types.ts'
import type { GuardState } from '../../kernels/optim/guard.ts'
import { ComputeError } from './errors.ts'
import type { ComputeKernels } from './kernels.ts'
import type { ModelVersion } from './replica.ts'

type Codec = Pick<ComputeKernels<unknown>, 'tensorsOfFlat' | 'flatOfTensors' | 'parseSafetensors' | 'writeSafetensors'>

const GUARD = 'guard.state'

/** `start`: the guard that a reader without `guard.state` goes by. */
export function encodeState(kernels: Codec, version: ModelVersion, layout: ParameterLayout, start: GuardState): Uint8Array {
  const tensors = kernels.tensorsOfFlat(version.parameters, layout)
  for (const [name, vector] of Object.entries(version.state)) tensors.push(...kernels.tensorsOfFlat(vector, layout, `${name}.`))
  const words = wordsOf(version.guard)
  if (words.some((word, i) => word !== wordsOf(start)[i])) {
    tensors.push({ name: GUARD, dtype: 'I32', shape: [words.length], bytes: littleEndian(words) })
  }
  return kernels.writeSafetensors(tensors)
}

/** `stateNames`: the vectors that the job's optimizer has; all must be there. */
export function decodeState(
  kernels: Codec,
  bytes: Uint8Array,
  layout: ParameterLayout,
  stateNames: readonly string[],
  start: GuardState,
  step: number,
): ModelVersion {
  const label = 'state'
  const tensors = kernels.parseSafetensors(bytes, { label })
  const state: OptimizerState = Object.fromEntries(stateNames.map((name) => [name, kernels.flatOfTensors(tensors, layout, { prefix: `${name}.`, label })]))
  const guard = tensors.get(GUARD)
  return { step, parameters: kernels.flatOfTensors(tensors, layout, { label }), state, guard: guard === undefined ? start : guardOf(guard, start) }
}

/** Whole numbers all: a scale is a power of two from 1 on. */
function wordsOf({ scale, goodSteps, stuckSteps, skippedSteps }: GuardState): readonly number[] {
  return [scale, goodSteps, stuckSteps, skippedSteps]
}

function littleEndian(words: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(words.length * 4))
  for (const [i, word] of words.entries()) bytes.setInt32(i * 4, word, true)
  return new Uint8Array(bytes.buffer)
}

/** It comes from another peer, as everything in the file. A job that scales nothing has no use for a scale. */
function guardOf({ dtype, bytes }: { readonly dtype: string; readonly bytes: Uint8Array }, start: GuardState): GuardState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [scale = 0, goodSteps = 0, stuckSteps = 0, skippedSteps = 0] =
    dtype === 'I32' && bytes.byteLength === 16 ? [0, 4, 8, 12].map((at) => view.getInt32(at, true)) : []
  const foreign = start.scale === 1 && scale !== 1
  if (foreign || scale < 1 || !Number.isInteger(Math.log2(scale)) || Math.min(goodSteps, stuckSteps, skippedSteps) < 0) {
    throw new ComputeError('BAD_VECTOR', `state: ${GUARD} is none: [${[scale, goodSteps, stuckSteps, skippedSteps].join(', ')}]`, {})
  }
  return { scale, goodSteps, stuckSteps, skippedSteps }
}
