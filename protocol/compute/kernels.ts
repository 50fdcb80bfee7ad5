/**
 * What a compute host is made of, injected: this folder takes only types from `kernels/`, so that the network host does
 * not load kernels and tests can put anything in their place. Names and shapes are those of kernels' own functions: the
 * real thing is passed as it is.
 */
import type { gather, inOrder, sampleIndices, stepsPerEpoch } from '../../kernels/data/batches.ts'
import type { checkLabels, shapedFor } from '../../kernels/data/dataset.ts'
import type { loadSplit } from '../../kernels/data/load.ts'
import type { parseSafetensors, writeSafetensors } from '../../kernels/data/safetensors.ts'
import type { flatOfTensors, readWeights, tensorsOfFlat, writeWeights } from '../../kernels/data/weights.ts'
import type { Engine, OptimizerState, ParameterLayout } from '../../kernels/engine/types.ts'
import type { TargetType } from '../../kernels/losses/losses.ts'
import type { allFinite, guardRuleOf, initialGuard, judgeStep, stopReason } from '../../kernels/optim/guard.ts'
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { LossSpec, ModelSpec, OptimizerSpec, ScheduleSpec, TrainingSpec } from '../../kernels/spec.ts'
import type { InitParams } from './messages.ts'

export interface HostOptimizerLike {
  createState(): OptimizerState
  apply(
    step: number,
    parameters: Float32Array,
    gradientSum: Float32Array,
    weight: number,
    state: OptimizerState,
    out: { readonly parameters: Float32Array; readonly state: OptimizerState },
    skipped: number,
  ): void
}

export interface ComputeKernels<Device> {
  createEngine(device: Device, spec: TrainingSpec, batch: number): Promise<Engine>
  layoutOf(spec: TrainingSpec): ParameterLayout
  initialParameters(spec: TrainingSpec): Float32Array
  thetaHash(parameters: Float32Array, layout: ParameterLayout): Promise<string>
  readonly HostOptimizer: new (
    optimizer: OptimizerSpec,
    schedule: ScheduleSpec,
    clipNorm: number | null,
    totalSteps: number,
    layout: ParameterLayout,
  ) => HostOptimizerLike
  readonly guardRuleOf: typeof guardRuleOf
  readonly initialGuard: typeof initialGuard
  readonly judgeStep: typeof judgeStep
  readonly allFinite: typeof allFinite
  readonly stopReason: typeof stopReason
  checkModel(model: ModelSpec, loss: LossSpec): { readonly input: readonly number[]; readonly vocabulary: number | null; readonly target: TargetType | null }
  readonly loadSplit: typeof loadSplit
  readonly shapedFor: typeof shapedFor
  readonly checkLabels: typeof checkLabels
  readonly stepsPerEpoch: typeof stepsPerEpoch
  readonly sampleIndices: typeof sampleIndices
  readonly gather: typeof gather
  readonly inOrder: typeof inOrder
  readonly readWeights: typeof readWeights
  readonly writeWeights: typeof writeWeights
  readonly tensorsOfFlat: typeof tensorsOfFlat
  readonly flatOfTensors: typeof flatOfTensors
  readonly parseSafetensors: typeof parseSafetensors
  readonly writeSafetensors: typeof writeSafetensors
}

/** An opened device and what its surroundings know of it. */
export interface OpenedDevice<Device> {
  readonly device: Device
  readonly report: DeviceReport
  /** Resolves when the device is gone by itself (never after `close`). */
  readonly lost: Promise<Error>
  memory(): MemoryReport
  /** Null = what the device has. Absent where the limit cannot change. */
  limitMemory?(bytes: number | null): void
  close(): void
}

/** What differs between a Node child process and a browser Worker. */
export interface ComputeSurroundings<Device> {
  openDevice(params: InitParams): Promise<OpenedDevice<Device>>
  /** Opens what a `location` names. */
  readBytes(location: string): Promise<Uint8Array>
  /** Milliseconds, monotonic. */
  now(): number
}
