/**
 * A model version as one safetensors file: parameters under their names, optimizer state as `<state>.<name>`. A weights
 * reader that ignores extra tensors can open it, and so can PyTorch.
 */
import type { OptimizerState, ParameterLayout } from '../../kernels/engine/types.ts'
import type { ComputeKernels } from './kernels.ts'
import type { ModelVersion } from './replica.ts'

type Codec = Pick<ComputeKernels<unknown>, 'tensorsOfFlat' | 'flatOfTensors' | 'parseSafetensors' | 'writeSafetensors'>

export function encodeState(kernels: Codec, version: ModelVersion, layout: ParameterLayout): Uint8Array {
  const tensors = kernels.tensorsOfFlat(version.parameters, layout)
  for (const [name, vector] of Object.entries(version.state)) tensors.push(...kernels.tensorsOfFlat(vector, layout, `${name}.`))
  return kernels.writeSafetensors(tensors)
}

/** `stateNames`: the vectors that the job's optimizer has; all must be there. */
export function decodeState(kernels: Codec, bytes: Uint8Array, layout: ParameterLayout, stateNames: readonly string[], step: number): ModelVersion {
  const label = 'state'
  const tensors = kernels.parseSafetensors(bytes, { label })
  const state: OptimizerState = Object.fromEntries(stateNames.map((name) => [name, kernels.flatOfTensors(tensors, layout, { prefix: `${name}.`, label })]))
  return { step, parameters: kernels.flatOfTensors(tensors, layout, { label }), state }
}
