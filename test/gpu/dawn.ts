/**
 * Dawn for the tests: opened once per process, held on `globalThis` (a `gpu` that only a module holds has been garbage
 * collected, and the process died). On a Linux without a GPU the software driver is selected before Dawn loads.
 */
import { existsSync } from 'node:fs'
import type { KernelDevice, OpenDeviceOptions } from '../../kernels/index.ts'
import { openDevice } from '../../kernels/index.ts'

const LAVAPIPE_ICD = '/usr/share/vulkan/icd.d/lvp_icd.json'
const FLAGS = ['enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia', 'disable-dawn-features=timestamp_quantization']

/** By flags: one that another replaced would be collected, and the process with it. */
const held = globalThis as typeof globalThis & { __cyxwizTestGpus?: Map<string, GPU> }

export async function dawn(extraFlags: readonly string[] = []): Promise<GPU> {
  held.__cyxwizTestGpus ??= new Map()
  const known = held.__cyxwizTestGpus.get(extraFlags.join(' '))
  if (known !== undefined) return known
  const noDriverChosen = process.env.VK_DRIVER_FILES === undefined && process.env.VK_ICD_FILENAMES === undefined
  if (process.platform === 'linux' && noDriverChosen && !existsSync('/dev/nvidiactl') && !existsSync('/dev/dri') && existsSync(LAVAPIPE_ICD)) {
    process.env.VK_DRIVER_FILES = LAVAPIPE_ICD
  }
  process.env.XDG_RUNTIME_DIR ??= '/tmp'
  const { create } = await import('webgpu')
  const gpu = create([...FLAGS, ...extraFlags])
  held.__cyxwizTestGpus.set(extraFlags.join(' '), gpu)
  return gpu
}

export async function dawnDevice(options: OpenDeviceOptions = {}): Promise<KernelDevice> {
  return openDevice(await dawn(), { backend: 'vulkan', ...options })
}
