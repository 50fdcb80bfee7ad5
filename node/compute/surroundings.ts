/**
 * What a compute host finds in Node: Dawn for the GPU, the machine's own memory figures, files.
 */
import { readFile } from 'node:fs/promises'
import { KernelError } from '../../kernels/errors.ts'
import { type KernelDevice, type OpenDeviceOptions, openDevice } from '../../kernels/index.ts'
import { ComputeError, type ComputeSurroundings, type InitParams, type OpenedDevice } from '../../protocol/compute/index.ts'
import { openMemoryGauge } from '../gpu/memory/index.ts'
import { nativeBackend, nativeType, openGpu } from '../gpu/open.ts'
import { nativeTuning, tuningPath } from './tuning.ts'

export function nodeSurroundings(): ComputeSurroundings<KernelDevice> {
  const tuning = nativeTuning(tuningPath())
  return { openDevice: (params) => openNativeDevice(params, tuning), readBytes: readLocation, now: () => performance.now() }
}

/** Opens the adapter that `gpu` names, with its memory gauge. */
export async function openNativeDevice(
  { gpu: name, memoryLimitBytes }: InitParams,
  tuning: OpenDeviceOptions['tuning'] = nativeTuning(tuningPath()),
): Promise<OpenedDevice<KernelDevice>> {
  const gpu = openGpu({ gpu: name })
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw new KernelError('NO_ADAPTER', 'open GPU: no usable driver; `cyxwiz doctor` says what to install', { gpu: name })
  const type = nativeType(adapter.info)
  const device = await openDevice(gpu, {
    backend: nativeBackend(),
    tuning,
    ...(type === undefined ? {} : { type }),
    ...(memoryLimitBytes === null ? {} : { memoryLimitBytes }),
  })
  const gauge = await openMemoryGauge(device.report, { memoryLimitBytes })
  let closed = false
  return {
    device,
    report: device.report,
    // A device that we close ourselves is not lost.
    lost: device.lost.then((error) => (closed ? new Promise<never>(() => {}) : error)),
    memory: () => gauge.report(device.usedBytes),
    close() {
      if (closed) return
      closed = true
      gauge.close()
      device.dispose()
    },
  }
}

/** A location is a path. The error names it, as whoever gave it knows it by that. */
async function readLocation(location: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(location)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'no such file' : String(cause instanceof Error ? cause.message : cause)
    throw new ComputeError('UNREADABLE', `${location}: ${why}`, { location }, { cause })
  }
}
