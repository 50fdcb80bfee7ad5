/**
 * A compute host without a GPU: an engine of plain arithmetic whose loss is ½‖θ − x̄‖² per row (x̄ = the row's mean), and
 * whose own optimizer is the host's, so that local and merged training must agree to the bit.
 */
import type { Dataset, SplitDataset } from '../../../kernels/data/types.ts'
import type { Batch, BatchStats, Engine, GradientResult, OptimizerState, ParameterLayout, StepResult } from '../../../kernels/engine/types.ts'
import { KernelError } from '../../../kernels/errors.ts'
import { HostOptimizer, layoutOf } from '../../../kernels/index.ts'
import { allFinite, type GuardRule, type GuardState, guardRuleOf, initialGuard, judgeStep, stopReason } from '../../../kernels/optim/guard.ts'
import type { MemoryReport } from '../../../kernels/report.ts'
import type { TrainingSpec } from '../../../kernels/spec.ts'
import { computeKernels } from '../../../node/compute/kernels.ts'
import {
  ComputeClient,
  type ComputeKernels,
  type ComputeSurroundings,
  loopbackPorts,
  type OpenedDevice,
  type PrepareParams,
  serveCompute,
} from '../../../protocol/compute/index.ts'

export const SPEC: TrainingSpec = {
  model: { kind: 'sequential', input: [3], layers: [{ type: 'linear', units: 4, bias: true }] },
  loss: { type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 },
  optimizer: { type: 'sgd', lr: 0.05, momentum: 0.9, nesterov: false, weightDecay: 0 },
  schedule: { type: 'constant', warmupSteps: 0, minRatio: 0, stepSize: 1, gamma: 1 },
  clipNorm: null,
  precision: 'f32',
  nonFinite: 'stop',
  seed: 3,
  totalSteps: 40,
}

export class FakeDevice {
  live = 0
  lost = false
  /** Fails the gradient of this step. */
  failAtStep = 0
  /** Their gradients are not finite. */
  nanAtSteps: readonly number[] = []
  /** A step takes so long; lets a test cancel in the middle. */
  stepMs = 0
  #lose: (error: Error) => void = () => {}
  readonly loss = new Promise<Error>((resolve) => {
    this.#lose = resolve
  })

  lose(): void {
    this.lost = true
    this.#lose(new KernelError('DEVICE_LOST', 'GPU device lost: pulled out'))
  }
}

class FakeEngine implements Engine {
  readonly layout: ParameterLayout
  batch: number
  readonly #device: FakeDevice
  readonly #optimizer: HostOptimizer
  #parameters: Float32Array
  #state: OptimizerState
  #disposed = false
  #queue: Promise<unknown> = Promise.resolve()
  readonly #rule: GuardRule
  #guard: GuardState

  constructor(device: FakeDevice, spec: TrainingSpec, batch: number) {
    this.#device = device
    this.layout = layoutOf(spec)
    this.batch = batch
    this.#optimizer = new HostOptimizer(spec.optimizer, spec.schedule, spec.clipNorm, spec.totalSteps, this.layout)
    this.#parameters = new Float32Array(this.layout.length)
    this.#state = this.#optimizer.createState()
    this.#rule = guardRuleOf(spec)
    this.#guard = initialGuard(this.#rule)
    device.live += 1
  }

  get memoryBytes(): number {
    return 1000 + this.batch
  }

  async resize(batch: number): Promise<void> {
    this.batch = batch
  }

  writeParameters(flat: Float32Array): void {
    this.#sound()
    this.#parameters = flat.slice()
  }

  get guard(): GuardState {
    return this.#guard
  }

  writeGuard(state: GuardState): void {
    this.#guard = state
  }

  async readParameters(): Promise<Float32Array> {
    this.#sound()
    return this.#parameters.slice()
  }

  writeOptimizerState(state: OptimizerState): void {
    this.#state = Object.fromEntries(Object.entries(state).map(([name, vector]) => [name, vector.slice()]))
  }

  async readOptimizerState(): Promise<OptimizerState> {
    return Object.fromEntries(Object.entries(this.#state).map(([name, vector]) => [name, vector.slice()]))
  }

  async gradient(batch: Batch): Promise<GradientResult> {
    if (this.#device.stepMs > 0) await new Promise((done) => setTimeout(done, this.#device.stepMs))
    this.#sound()
    if (batch.step === this.#device.failAtStep) throw new KernelError('NON_FINITE', `step ${batch.step}: the loss is not a finite number`, { step: batch.step })
    if (batch.count > this.batch) throw new KernelError('BAD_DATA', `batch: count must be from 0 to ${this.batch}`)
    const gradient = new Float32Array(this.layout.length)
    const size = batch.x.length / Math.max(1, batch.count)
    let lossSum = 0
    for (let row = 0; row < batch.count; row += 1) {
      const mean = Array.from(batch.x.subarray(row * size, (row + 1) * size)).reduce((sum, value) => sum + value, 0) / size
      for (const { offset, size: length } of this.layout.entries) {
        for (let i = offset; i < offset + length; i += 1) {
          const difference = (this.#parameters[i] ?? 0) - mean
          lossSum += 0.5 * difference * difference
          gradient[i] = (gradient[i] ?? 0) + difference
        }
      }
    }
    if (this.#device.nanAtSteps.includes(batch.step)) {
      if (judgeStep(this.#rule, this.#guard, false).verdict === 'stopped') {
        throw new KernelError('NON_FINITE', stopReason(this.#rule, batch.step, 'loss', 'layer 0 (linear)'), { step: batch.step })
      }
      gradient[0] = Number.NaN
      lossSum = Number.NaN
    }
    return { lossSum, weight: batch.count, correct: batch.count, gradient }
  }

  /** One after the other, as a queue of GPU work is, though several may be asked for at once. */
  step(batch: Batch): Promise<StepResult> {
    const run = this.#queue.then(() => this.#stepNow(batch))
    this.#queue = run.catch(() => {})
    return run
  }

  async #stepNow(batch: Batch): Promise<StepResult> {
    const { gradient, ...stats } = await this.gradient(batch)
    const { skippedSteps } = this.#guard
    const { verdict, state } = judgeStep(this.#rule, this.#guard, allFinite(gradient))
    this.#guard = state
    const own = { parameters: this.#parameters, state: this.#state }
    if (verdict === 'taken') this.#optimizer.apply(batch.step, this.#parameters, gradient, stats.weight, this.#state, own, skippedSteps)
    return { ...stats, taken: verdict === 'taken', guard: state }
  }

  async evaluate(batch: Batch): Promise<BatchStats> {
    const { gradient: _, ...stats } = await this.gradient(batch)
    return stats
  }

  dispose(): void {
    if (!this.#disposed) this.#device.live -= 1
    this.#disposed = true
  }

  #sound(): void {
    if (this.#device.lost || this.#disposed) throw new KernelError('DEVICE_LOST', 'GPU device lost')
  }
}

function dataset(length: number, phase: number): Dataset {
  return {
    x: Float32Array.from({ length: length * 3 }, (_, i) => Math.sin(i + phase)),
    xScale: 1,
    sampleShape: [3],
    y: Int32Array.from({ length }, (_, i) => i % 4),
    targetShape: [],
    length,
    classes: 4,
  }
}

export const DATA: SplitDataset = { train: dataset(50, 0), test: dataset(23, 7) }

export const MEMORY: MemoryReport = {
  totalBytes: 100,
  freeBytes: 50,
  source: 'host',
  limitBytes: 100,
  usedBytes: 0,
  maxBufferSize: 10,
  maxStorageBufferBindingSize: 10,
}

export interface FakeHost {
  readonly client: ComputeClient
  readonly devices: FakeDevice[]
  /** The device in use. */
  device(): FakeDevice
  readonly loads: () => number
  readonly ended: () => boolean
  files: Map<string, Uint8Array>
  /** The channel breaks, as when a process dies. */
  cut(): void
}

export function startFake(): FakeHost {
  const devices: FakeDevice[] = []
  let loads = 0
  let ended = false
  const files = new Map<string, Uint8Array>()
  const kernels: ComputeKernels<FakeDevice> = {
    ...computeKernels,
    createEngine: async (device, spec, batch) => new FakeEngine(device, spec, batch),
    loadSplit: async () => {
      loads += 1
      return DATA
    },
  }
  const surroundings: ComputeSurroundings<FakeDevice> = {
    async openDevice(): Promise<OpenedDevice<FakeDevice>> {
      const device = new FakeDevice()
      devices.push(device)
      return {
        device,
        report: { vendor: 'fake', architecture: '', description: 'fake', backend: 'vulkan', type: 'cpu', features: [], limits: {} },
        lost: device.loss,
        memory: () => MEMORY,
        close() {},
      }
    },
    async readBytes(location) {
      const bytes = files.get(location)
      if (bytes === undefined) throw new Error(`no ${location}`)
      return bytes
    },
    now: () => performance.now(),
  }
  const ports = loopbackPorts({ clone: true })
  serveCompute(ports.server, {
    kernels,
    surroundings,
    onEnd: () => {
      ended = true
    },
  })
  return {
    client: new ComputeClient(ports.client),
    devices,
    device: () => devices.at(-1) as FakeDevice,
    loads: () => loads,
    ended: () => ended,
    files,
    cut: () => ports.server.close(),
  }
}

export const prepareParams = (over: Partial<PrepareParams> = {}): PrepareParams => ({
  jobKey: 'job',
  spec: SPEC,
  batch: 10,
  batchSize: 10,
  shuffle: true,
  data: { parts: [{ role: 'train', format: 'safetensors', gzip: false, sha256: 'a'.repeat(64), bytes: 1, location: '/x' }] },
  initial: { kind: 'seed' },
  measure: false,
  ...over,
})
