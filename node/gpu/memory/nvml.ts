/**
 * NVIDIA's management library, called directly: exact total and free bytes in tens of microseconds, for every process on
 * the card. Needs only the driver. The v1 structures are used: every driver since 2012 has them.
 */
import koffi from 'koffi'
import { type DeviceIdentity, indexByName, type MemoryProbe, type MemoryReading, plausible } from './types.ts'

/** Where the driver's library lies; Windows installs it in System32 or, long ago, beside nvidia-smi. */
export function nvmlLibraries(platform: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (platform === 'linux') return ['libnvidia-ml.so.1', 'libnvidia-ml.so']
  if (platform !== 'win32') return []
  const programs = env.ProgramFiles ?? 'C:\\Program Files'
  return ['nvml.dll', `${programs}\\NVIDIA Corporation\\NVSMI\\nvml.dll`]
}

const SUCCESS = 0
const NAME_BYTES = 96

interface Nvml {
  init(): number
  shutdown(): number
  count(out: Uint32Array): number
  handle(index: number, out: BigUint64Array): number
  name(device: bigint, out: Uint8Array, length: number): number
  /** `[total, free, used]` in bytes. */
  memory(device: bigint, out: BigUint64Array): number
}

/** Null where there is no library, no NVIDIA device, or none that is ours. */
export function openNvml(device: DeviceIdentity, libraries: readonly string[]): MemoryProbe | null {
  for (const path of libraries) {
    let nvml: Nvml
    try {
      nvml = bind(path)
    } catch {
      continue
    }
    if (nvml.init() !== SUCCESS) continue
    const handle = findDevice(nvml, device)
    if (handle !== null && readMemory(nvml, handle) !== null) return probeOf(nvml, handle)
    nvml.shutdown()
  }
  return null
}

function probeOf(nvml: Nvml, handle: bigint): MemoryProbe {
  let open = true
  return {
    source: 'nvml',
    read: () => (open ? readMemory(nvml, handle) : null),
    close() {
      if (!open) return
      open = false
      nvml.shutdown()
    },
  }
}

function findDevice(nvml: Nvml, device: DeviceIdentity): bigint | null {
  const count = new Uint32Array(1)
  if (nvml.count(count) !== SUCCESS) return null
  const handles: bigint[] = []
  const names: string[] = []
  for (let index = 0; index < (count[0] ?? 0); index += 1) {
    const handle = new BigUint64Array(1)
    if (nvml.handle(index, handle) !== SUCCESS) continue
    const name = new Uint8Array(NAME_BYTES)
    nvml.name(handle[0] ?? 0n, name, name.byteLength)
    handles.push(handle[0] ?? 0n)
    names.push(textOf(name))
  }
  return handles[indexByName(names, device.description)] ?? null
}

function readMemory(nvml: Nvml, handle: bigint): MemoryReading | null {
  const out = new BigUint64Array(3)
  if (nvml.memory(handle, out) !== SUCCESS) return null
  return plausible(Number(out[0]), Number(out[1]))
}

function bind(path: string): Nvml {
  const library = koffi.load(path)
  return {
    init: library.func('int nvmlInit_v2()'),
    shutdown: library.func('int nvmlShutdown()'),
    count: library.func('int nvmlDeviceGetCount_v2(void *count)'),
    handle: library.func('int nvmlDeviceGetHandleByIndex_v2(uint32_t index, void *device)'),
    name: library.func('int nvmlDeviceGetName(uintptr_t device, void *name, uint32_t length)'),
    memory: library.func('int nvmlDeviceGetMemoryInfo(uintptr_t device, void *memory)'),
  }
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(bytes.subarray(0, end === -1 ? bytes.byteLength : end))
}
