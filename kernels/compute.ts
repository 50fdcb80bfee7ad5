/**
 * The training core as one table, the shape that a compute host takes (`ComputeKernels` in `protocol/compute`): Node's
 * child process and a tab's Worker run the very same functions. A file of its own, because it pulls in everything.
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
} from './data/index.ts'
import { createEngine } from './engine/engine.ts'
import { checkModel, initialParameters, layoutOf } from './engine/estimate.ts'
import { thetaHash } from './engine/hash.ts'
import { allFinite, guardRuleOf, initialGuard, judgeStep, stopReason } from './optim/guard.ts'
import { HostOptimizer } from './optim/host.ts'

export const computeKernels = {
  createEngine,
  layoutOf,
  initialParameters,
  thetaHash,
  HostOptimizer,
  guardRuleOf,
  initialGuard,
  judgeStep,
  allFinite,
  stopReason,
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
