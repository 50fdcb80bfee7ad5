/**
 * Computing in a process of its own: a crash of the GPU's driver costs a child, not the peer.
 *
 * @packageDocumentation
 */
export { type ComputeHost, type ComputeHostOptions, type ComputeLogger, startComputeHost } from './host.ts'
export { computeKernels } from './kernels.ts'
export { nodeSurroundings, openNativeDevice } from './surroundings.ts'
export { nativeRetuning, tuningPath } from './tuning.ts'
