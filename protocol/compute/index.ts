/**
 * The border between the network host and the compute host.
 *
 * A GPU driver may crash or stall, and a step may take seconds, so computing never happens where heartbeats are sent:
 * Node forks a child process, a tab starts a Worker, and both speak the messages of `messages.ts`. `ComputeClient` is
 * the network host's end, `serveCompute` the other; what carries them is a `ComputePort`.
 *
 * @packageDocumentation
 * @example
 * const client = new ComputeClient(port)
 * await client.init({ gpu: 'auto', memoryLimitBytes: null })
 * const { vectorLength } = await client.prepare({ jobKey, spec, batch: 22, batchSize: 64, ... })
 * const { vector, weight } = await client.gradient({ jobKey, step: 1, from: 0, count: 22 })
 * await client.apply({ jobKey, step: 1, vector: merged, weight: mergedWeight })
 */
export { ComputeClient } from './client.ts'
export { DutyCycle, type DutyUsage } from './duty.ts'
export { ComputeError, errorDataOf } from './errors.ts'
export { ComputeKeeper, type ComputeLogger, type SpawnedHost } from './keeper.ts'
export type { ComputeKernels, ComputeSurroundings, OpenedDevice } from './kernels.ts'
export type {
  ComputeNotice,
  ComputeUsage,
  FromCompute,
  InitialWeights,
  InitParams,
  LocalProgress,
  PrepareParams,
  PrepareResult,
  ThrottleParams,
  ToCompute,
} from './messages.ts'
export { type ClientPort, loopbackPorts, type ServerPort } from './port.ts'
export { serveCompute } from './server.ts'
