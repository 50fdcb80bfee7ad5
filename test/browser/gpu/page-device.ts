/** The page's own WebGPU for the suites that Node runs on Dawn. */
import { type KernelDevice, type OpenDeviceOptions, openDevice } from '../../../kernels/index.ts'

export async function pageDevice(options: OpenDeviceOptions = {}): Promise<KernelDevice> {
  return openDevice(navigator.gpu, options)
}
