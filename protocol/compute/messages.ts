/**
 * The message protocol between a network host and a compute host: a child process in Node, a Worker in a tab. Every
 * message is plain structured-cloneable data. A call carries an `id` and is answered exactly once, by `result` or
 * `failed`; `progress` may come between; `notice` and (when asked for by `init`) `usage` come by themselves.
 *
 * Words: a job is named by `jobKey`, chosen by the network host. `step` is the 1-based global step. Vectors are flat f32
 * in the job's parameter layout, `[vectorLength]`.
 */
import type { DataPart, LoadOptions } from '../../kernels/data/types.ts'
import type { BatchStats } from '../../kernels/engine/types.ts'
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { TrainingSpec } from '../../kernels/spec.ts'
import type { DutyUsage } from './duty.ts'
import type { ComputeErrorData } from './errors.ts'

export interface InitParams {
  /** `auto` or part of an adapter's name. */
  readonly gpu: string
  /** What our buffers may take in all; null = what the device has. */
  readonly memoryLimitBytes: number | null
  /** `usage` is told so often while it changes; absent = never. */
  readonly usageEveryMs?: number
  /** Share of the time in which the GPU may work, 1 to 100; absent = 100. */
  readonly dutyPercent?: number
}

/** What an owner may change while jobs run; absent = as it is. */
export interface ThrottleParams {
  /** Above 0, at most 100. Takes effect between two submissions. */
  readonly dutyPercent?: number
  /** For what is allocated from now on: buffers there are stay. Null = what the device has. */
  readonly memoryLimitBytes?: number | null
}

/** What the GPU did for all jobs of this host. */
export interface ComputeUsage extends DutyUsage {
  /** Null while there is no device. */
  readonly memory: MemoryReport | null
}

export interface InitResult {
  readonly device: DeviceReport
  readonly memory: MemoryReport
}

/** Locations in parts and weights are opened by the compute host's own reader: a path, a blob's key. */
export interface JobDataParams extends Partial<LoadOptions> {
  readonly parts: readonly DataPart[]
}

export type InitialWeights = { readonly kind: 'seed' } | { readonly kind: 'weights'; readonly location: string }

export interface PrepareParams {
  readonly jobKey: string
  readonly spec: TrainingSpec
  /** Rows the engine is sized for: this peer's largest share, or less where memory is short (then it accumulates). */
  readonly batch: number
  /** Rows at a time in evaluation; null or absent = `batch`. */
  readonly evalBatch?: number | null
  readonly data: JobDataParams
  readonly initial: InitialWeights
  readonly shuffle: boolean
  /** The whole batch of a step, over all members. */
  readonly batchSize: number
  /** Leaves out the speed measurement: `samplesPerSecond` is null then. */
  readonly measure?: boolean
}

export interface PrepareResult {
  readonly parameterCount: number
  readonly vectorLength: number
  /** GPU buffers of this job. */
  readonly memoryBytes: number
  readonly trainSamples: number
  readonly testSamples: number
  readonly stepsPerEpoch: number
  readonly samplesPerSecond: number | null
}

export interface GradientParams {
  readonly jobKey: string
  /** Must be the step after the last one applied. */
  readonly step: number
  /** This member's rows of the step's whole batch: `[from, from + count)`. */
  readonly from: number
  readonly count: number
}

export interface GradientCallResult extends BatchStats {
  /** d(lossSum)/d(parameters): a SUM over the rows. */
  readonly vector: Float32Array
  readonly seconds: number
}

export interface ApplyParams {
  readonly jobKey: string
  readonly step: number
  /** The merged sum over all members. */
  readonly vector: Float32Array
  /** What the loss counted over all members. */
  readonly weight: number
}

interface StepParams {
  readonly jobKey: string
  readonly step: number
}

export interface LocalParams {
  readonly jobKey: string
  /** First and last step, both included. `fromStep` must be the step after the last one applied. */
  readonly fromStep: number
  readonly toStep: number
  /** At most one report in so many milliseconds, and always the last step; 0 = every step. */
  readonly progressEveryMs: number
}

/** What came of a step that was not finite: nothing; `lossSum` is then finite or not. */
interface SkippedSteps {
  /** Left out so far, in the whole run. */
  readonly skippedSteps: number
}

/** The figures of one step, before its update; `samples` and `samplesPerSecond` since `fromStep`. */
export interface LocalProgress extends BatchStats, SkippedSteps {
  readonly step: number
  readonly samples: number
  readonly samplesPerSecond: number
}

export interface EvaluateParams {
  readonly jobKey: string
  /** Rows of the test set: `[from, from + count)`. */
  readonly from: number
  readonly count: number
}

interface JobParams {
  readonly jobKey: string
}

/** Every call: what goes in and what comes back. */
export interface ComputeCalls {
  init: { params: InitParams; result: InitResult }
  prepare: { params: PrepareParams; result: PrepareResult }
  gradient: { params: GradientParams; result: GradientCallResult }
  apply: { params: ApplyParams; result: { step: number } & SkippedSteps }
  /** To the current step (nothing happens) or the one before. */
  rollback: { params: StepParams; result: { step: number } }
  local: { params: LocalParams; result: LocalProgress }
  resize: { params: { jobKey: string; batch: number }; result: { memoryBytes: number } }
  hash: { params: JobParams; result: { step: number; thetaHash: string } }
  evaluate: { params: EvaluateParams; result: BatchStats }
  /** Canonical safetensors with PyTorch's names. */
  exportWeights: { params: JobParams; result: { step: number; bytes: Uint8Array } }
  /** Safetensors: parameters under their names, optimizer state as `<state>.<name>`. */
  exportState: { params: JobParams; result: { step: number; bytes: Uint8Array } }
  importState: { params: { jobKey: string; step: number; bytes: Uint8Array }; result: { step: number } }
  memory: { params: Record<string, never>; result: MemoryReport }
  throttle: { params: ThrottleParams; result: ComputeUsage }
  release: { params: JobParams; result: Record<string, never> }
  shutdown: { params: Record<string, never>; result: Record<string, never> }
}

export type ComputeMethod = keyof ComputeCalls

export type ComputeCall = {
  [M in ComputeMethod]: { readonly type: 'call'; readonly id: number; readonly method: M; readonly params: ComputeCalls[M]['params'] }
}[ComputeMethod]

/** Network host → compute host. */
export type ToCompute = ComputeCall | { readonly type: 'cancel'; readonly id: number }

/** Things that happen by themselves. */
export type ComputeNotice =
  /** Jobs keep their last host copy; the next `prepare` opens a new device. */
  | { readonly kind: 'device-lost'; readonly error: ComputeErrorData }
  /** A defect; the host exits after this. */
  | { readonly kind: 'fatal'; readonly error: ComputeErrorData }

/** Compute host → network host. */
export type FromCompute =
  | { readonly type: 'result'; readonly id: number; readonly result: ComputeCalls[ComputeMethod]['result'] }
  | { readonly type: 'failed'; readonly id: number; readonly error: ComputeErrorData }
  | { readonly type: 'progress'; readonly id: number; readonly progress: LocalProgress }
  | { readonly type: 'notice'; readonly notice: ComputeNotice }
  | { readonly type: 'usage'; readonly usage: ComputeUsage }
