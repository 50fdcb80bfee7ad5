/** Where a suite gets its device from: Dawn in Node, the page's own WebGPU in a browser. */
import type { KernelDevice, OpenDeviceOptions } from '../../../kernels/index.ts'

export type DeviceProvider = (options?: OpenDeviceOptions) => Promise<KernelDevice>
