/**
 * The real training core, as `protocol/compute` takes it.
 */
import {
  checkLabels,
  flatOfTensors,
  gather,
  inOrder,
  loadSplit,
  parseSafetensors,
  readWeights,
  sampleIndices,
  shapedFor,
  stepsPerEpoch,
  tensorsOfFlat,
  writeSafetensors,
  writeWeights,
} from '../../kernels/data/index.ts'
import { checkModel, createEngine, HostOptimizer, initialParameters, type KernelDevice, layoutOf, thetaHash } from '../../kernels/index.ts'
import type { ComputeKernels } from '../../protocol/compute/index.ts'

export const computeKernels: ComputeKernels<KernelDevice> = {
  createEngine,
  layoutOf,
  initialParameters,
  thetaHash,
  HostOptimizer,
  checkModel,
  loadSplit,
  shapedFor,
  checkLabels,
  stepsPerEpoch,
  sampleIndices,
  gather,
  inOrder,
  readWeights,
  writeWeights,
  tensorsOfFlat,
  flatOfTensors,
  parseSafetensors,
  writeSafetensors,
}
