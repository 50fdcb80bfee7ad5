/**
 * A compute child kept alive for a peer (`ComputeKeeper`): a crash of the GPU's driver costs a process, not the peer.
 */
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import { systemClock } from '../../protocol/clock.ts'
import { type ComputeClient, type ComputeError, ComputeKeeper, type ComputeLogger } from '../../protocol/compute/index.ts'
import { spawnComputeChild } from './spawn.ts'

export type { ComputeLogger } from '../../protocol/compute/index.ts'

export interface ComputeHostOptions {
  /** `auto` or part of an adapter's name. */
  readonly gpu: string
  readonly memoryLimitBytes: number | null
  readonly logger?: ComputeLogger
  /** Threads of a software adapter: 1 where several peers share a machine. */
  readonly softwareThreads?: number
}

export interface ComputeHost {
  readonly device: DeviceReport
  /** Of the child that lives now; undefined between two. */
  readonly pid: number | undefined
  /** The client of the living child; waits for one while it is being restarted. */
  client(options?: { signal?: AbortSignal }): Promise<ComputeClient>
  memory(options?: { signal?: AbortSignal }): Promise<MemoryReport>
  /** Returns a function that takes the listener off again. */
  onCrash(listener: (error: ComputeError) => void): () => void
  stop(): Promise<void>
}

/** Fails with NO_ADAPTER and the like when the first child cannot open its device. */
export async function startComputeHost(options: ComputeHostOptions): Promise<ComputeHost> {
  const { gpu, memoryLimitBytes, logger, softwareThreads } = options
  const keeper = new ComputeKeeper({
    clock: systemClock,
    logger,
    initParams: () => ({ gpu, memoryLimitBytes }),
    spawn() {
      const { process: child, port } = spawnComputeChild({
        softwareThreads,
        onOutput: (line) => logger?.debug({ line }, 'compute host wrote to stderr'),
      })
      return {
        port,
        exited: new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve())),
        kill: () => child.kill('SIGKILL'),
        label: String(child.pid),
      }
    },
  })
  await keeper.start()
  return {
    get device() {
      return keeper.device
    },
    get pid() {
      return keeper.label === undefined ? undefined : Number(keeper.label)
    },
    client: (wait) => keeper.client(wait),
    memory: (wait) => keeper.memory(wait),
    onCrash: (listener) => keeper.onCrash(listener),
    stop: () => keeper.stop(),
  }
}
