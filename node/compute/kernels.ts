/**
 * The real training core, as `protocol/compute` takes it.
 */
import { computeKernels as table } from '../../kernels/compute.ts'
import type { KernelDevice } from '../../kernels/index.ts'
import type { ComputeKernels } from '../../protocol/compute/index.ts'

export const computeKernels: ComputeKernels<KernelDevice> = table
