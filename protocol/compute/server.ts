/**
 * The compute host's side: answers calls over a port with an engine per job. Calls of one job run in the order in which
 * they came; jobs do not wait for each other. A lost device is told, its jobs keep what they have on the host (so that
 * their state can still be exported), and the next `prepare` opens a new device.
 *
 * It trusts its network host, which started it; it still refuses what would corrupt a model (order, lengths).
 */
import type { Engine } from '../../kernels/engine/types.ts'
import { type Clock, systemClock } from '../clock.ts'
import { DataCache } from './data-cache.ts'
import { DutyCycle } from './duty.ts'
import { ComputeError, errorDataOf } from './errors.ts'
import { ComputeJob } from './job.ts'
import type { ComputeKernels, ComputeSurroundings, OpenedDevice } from './kernels.ts'
import type {
  ComputeCall,
  ComputeCalls,
  ComputeMethod,
  ComputeUsage,
  InitParams,
  InitResult,
  PrepareParams,
  PrepareResult,
  ThrottleParams,
  ToCompute,
} from './messages.ts'
import type { ServerPort } from './port.ts'

export interface ComputeServerInit<Device> {
  readonly kernels: ComputeKernels<Device>
  readonly surroundings: ComputeSurroundings<Device>
  /** Called after `shutdown` has been answered, or when the port is gone. */
  readonly onEnd?: () => void
  readonly clock?: Clock
}

interface JobEntry<Device> {
  /** Null until prepared, and after a failed prepare. */
  job: ComputeJob<Device> | null
  /** The end of the last call. */
  tail: Promise<unknown>
}

type Answer = ComputeCalls[ComputeMethod]['result']

export function serveCompute<Device>(port: ServerPort, init: ComputeServerInit<Device>): ComputeServer<Device> {
  return new ComputeServer(port, init)
}

export class ComputeServer<Device> {
  readonly #port: ServerPort
  readonly #kernels: ComputeKernels<Device>
  readonly #surroundings: ComputeSurroundings<Device>
  readonly #onEnd: () => void
  readonly #jobs = new Map<string, JobEntry<Device>>()
  readonly #running = new Map<number, { jobKey: string | null; controller: AbortController }>()
  readonly #data: DataCache
  readonly #clock: Clock
  readonly #duty: DutyCycle
  #stopUsage: (() => void) | null = null
  #toldUsage = ''
  #initParams: InitParams | null = null
  #device: OpenedDevice<Device> | null = null
  #opening: Promise<OpenedDevice<Device>> | null = null
  #ended = false

  constructor(port: ServerPort, { kernels, surroundings, onEnd, clock }: ComputeServerInit<Device>) {
    this.#port = port
    this.#kernels = kernels
    this.#surroundings = surroundings
    this.#onEnd = onEnd ?? (() => {})
    this.#clock = clock ?? systemClock
    this.#duty = new DutyCycle(this.#clock)
    this.#data = new DataCache(kernels, (location) => surroundings.readBytes(location))
    port.onMessage((message) => this.#receive(message))
    port.onClose(() => this.#end())
  }

  #receive(message: ToCompute): void {
    if (message.type === 'cancel') {
      this.#running.get(message.id)?.controller.abort()
      return
    }
    void this.#answer(message)
  }

  /** Never rejects: whatever happens becomes an answer. */
  async #answer(call: ComputeCall): Promise<void> {
    const controller = new AbortController()
    const jobKey = 'jobKey' in call.params ? call.params.jobKey : null
    this.#running.set(call.id, { jobKey, controller })
    try {
      const { result, transfer } = await this.#dispatch(call, controller.signal)
      this.#port.post({ type: 'result', id: call.id, result }, transfer)
    } catch (error) {
      this.#port.post({ type: 'failed', id: call.id, error: errorDataOf(error) })
    } finally {
      this.#running.delete(call.id)
    }
    if (call.method === 'shutdown') this.#end()
  }

  async #dispatch(call: ComputeCall, signal: AbortSignal): Promise<{ result: Answer; transfer?: ArrayBuffer[] }> {
    switch (call.method) {
      case 'init':
        return { result: await this.#init(call.params) }
      case 'memory':
        return { result: this.#opened().memory() }
      case 'throttle':
        return { result: this.#throttle(call.params) }
      case 'shutdown':
        this.#freeAll()
        return { result: {} }
      case 'prepare':
        return { result: await this.#inOrder(call.params.jobKey, signal, (entry) => this.#prepare(entry, call.params, signal)) }
      case 'release':
        return { result: await this.#release(call.params.jobKey, call.id) }
      case 'gradient': {
        const result = await this.#onJob(call.params.jobKey, signal, (job) => job.gradient(call.params, signal))
        return { result, transfer: [result.vector.buffer as ArrayBuffer] }
      }
      case 'apply':
        return { result: await this.#onJob(call.params.jobKey, signal, (job) => job.apply(call.params)) }
      case 'rollback':
        return { result: await this.#onJob(call.params.jobKey, signal, (job) => job.rollback(call.params.step)) }
      case 'local': {
        const report = (progress: ComputeCalls['local']['result']): void => this.#port.post({ type: 'progress', id: call.id, progress })
        return { result: await this.#onJob(call.params.jobKey, signal, (job) => job.local(call.params, signal, report)) }
      }
      case 'resize':
        return { result: await this.#onJob(call.params.jobKey, signal, (job) => job.resize(call.params.batch)) }
      case 'hash':
        return { result: await this.#onJob(call.params.jobKey, signal, (job) => job.hash()) }
      case 'evaluate':
        return { result: await this.#onJob(call.params.jobKey, signal, (job) => job.evaluate(call.params, signal)) }
      case 'exportWeights':
        return handingOver(await this.#onJob(call.params.jobKey, signal, (job) => job.exportWeights()))
      case 'exportState':
        return handingOver(await this.#onJob(call.params.jobKey, signal, (job) => job.exportState()))
      case 'importState':
        return { result: await this.#onJob(call.params.jobKey, signal, async (job) => job.importState(call.params.step, call.params.bytes)) }
    }
  }

  async #init(params: InitParams): Promise<InitResult> {
    this.#initParams = params
    if (params.dutyPercent !== undefined) this.#duty.setPercent(params.dutyPercent)
    this.#stopUsage?.()
    this.#stopUsage = params.usageEveryMs === undefined ? null : this.#clock.every(params.usageEveryMs, () => this.#tellUsage())
    const device = await this.#open()
    return { device: device.report, memory: device.memory() }
  }

  #throttle({ dutyPercent, memoryLimitBytes }: ThrottleParams): ComputeUsage {
    if (dutyPercent !== undefined) this.#duty.setPercent(dutyPercent)
    if (memoryLimitBytes !== undefined) {
      // A device that is opened later, after a loss, has the new limit too.
      if (this.#initParams !== null) this.#initParams = { ...this.#initParams, memoryLimitBytes }
      this.#device?.limitMemory?.(memoryLimitBytes)
    }
    return this.#usage()
  }

  #usage(): ComputeUsage {
    return { ...this.#duty.usage(), memory: this.#device?.memory() ?? null }
  }

  #tellUsage(): void {
    const usage = this.#usage()
    const told = JSON.stringify(usage)
    if (told === this.#toldUsage) return
    this.#toldUsage = told
    this.#port.post({ type: 'usage', usage })
  }

  /** The device, opened again if it was lost. Concurrent callers share one opening. */
  #open(): Promise<OpenedDevice<Device>> {
    if (this.#device !== null) return Promise.resolve(this.#device)
    const params = this.#initParams
    if (params === null) return Promise.reject(new ComputeError('NOT_INITIALISED', 'compute host: init must come first'))
    this.#opening ??= this.#surroundings.openDevice(params).then(
      (device) => {
        this.#opening = null
        this.#device = device
        void device.lost.then((error) => this.#lost(device, error))
        return device
      },
      (error: unknown) => {
        this.#opening = null
        throw error
      },
    )
    return this.#opening
  }

  #opened(): OpenedDevice<Device> {
    if (this.#device === null) throw new ComputeError('NOT_INITIALISED', 'compute host: there is no device now')
    return this.#device
  }

  #lost(device: OpenedDevice<Device>, error: Error): void {
    if (this.#device !== device || this.#ended) return
    this.#device = null
    for (const { job } of this.#jobs.values()) job?.abandonGpu()
    device.close()
    this.#port.post({ type: 'notice', notice: { kind: 'device-lost', error: errorDataOf(error) } })
  }

  async #prepare(entry: JobEntry<Device>, params: PrepareParams, signal: AbortSignal): Promise<PrepareResult> {
    const kernels = this.#kernels
    const { spec, batch, batchSize, initial: from } = params
    entry.job?.dispose()
    entry.job = null
    const data = await this.#data.load(params.data, spec)
    const layout = kernels.layoutOf(spec)
    const stepsPerEpoch = kernels.stepsPerEpoch(data.train.length, batchSize)
    const initial =
      from.kind === 'seed'
        ? kernels.initialParameters(spec)
        : kernels.readWeights(await this.#surroundings.readBytes(from.location), layout, { label: from.location.split(/[\\/]/).at(-1) ?? 'weights' })
    const { device } = await this.#open()
    refuseIfCancelled(signal, 'prepare')
    const engine: Engine = await kernels.createEngine(device, spec, batch)
    try {
      const job = new ComputeJob({ kernels, params, engine, layout, data, initial, duty: this.#duty, now: () => this.#surroundings.now() })
      const samplesPerSecond = params.measure === false ? null : await job.measureSamplesPerSecond(signal)
      refuseIfCancelled(signal, 'prepare')
      entry.job = job
      return {
        parameterCount: layout.parameterCount,
        vectorLength: layout.length,
        memoryBytes: job.memoryBytes,
        trainSamples: data.train.length,
        testSamples: data.test?.length ?? 0,
        stepsPerEpoch,
        samplesPerSecond,
      }
    } catch (error) {
      engine.dispose()
      throw error
    }
  }

  async #release(jobKey: string, callId: number): Promise<Record<string, never>> {
    const entry = this.#jobs.get(jobKey)
    if (entry === undefined) return {}
    for (const [id, running] of this.#running) if (id !== callId && running.jobKey === jobKey) running.controller.abort()
    await entry.tail
    entry.job?.dispose()
    entry.job = null
    // Calls that were queued meanwhile find no job; a new prepare makes a new entry.
    if (this.#jobs.get(jobKey) === entry) this.#jobs.delete(jobKey)
    return {}
  }

  #onJob<T>(jobKey: string, signal: AbortSignal, work: (job: ComputeJob<Device>) => Promise<T>): Promise<T> {
    const entry = this.#jobs.get(jobKey)
    if (entry === undefined) return Promise.reject(unknownJob(jobKey))
    return this.#inOrder(jobKey, signal, ({ job }) => {
      if (job === null) throw unknownJob(jobKey)
      return work(job)
    })
  }

  /** Behind the job's earlier calls, whether they failed or not. */
  #inOrder<T>(jobKey: string, signal: AbortSignal, work: (entry: JobEntry<Device>) => Promise<T>): Promise<T> {
    const entry = this.#jobs.get(jobKey) ?? { job: null, tail: Promise.resolve() }
    this.#jobs.set(jobKey, entry)
    const run = entry.tail.then(() => {
      refuseIfCancelled(signal, jobKey)
      return work(entry)
    })
    entry.tail = run.catch(() => {})
    return run
  }

  #freeAll(): void {
    for (const { controller } of this.#running.values()) controller.abort()
    for (const { job } of this.#jobs.values()) job?.dispose()
    this.#jobs.clear()
    this.#device?.close()
    this.#device = null
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopUsage?.()
    this.#freeAll()
    this.#onEnd()
  }
}

/** Bytes that nobody here needs any more: given away, not copied. */
function handingOver<R extends Answer & { readonly bytes: Uint8Array }>(result: R): { result: R; transfer: ArrayBuffer[] } {
  return { result, transfer: [result.bytes.buffer as ArrayBuffer] }
}

function unknownJob(jobKey: string): ComputeError {
  return new ComputeError('UNKNOWN_JOB', `compute host: job ${jobKey} is not prepared here`, { jobKey })
}

function refuseIfCancelled(signal: AbortSignal, what: string): void {
  if (signal.aborted) throw new ComputeError('CANCELLED', `${what}: cancelled`)
}
