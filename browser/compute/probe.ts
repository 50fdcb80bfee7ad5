/**
 * How much GPU memory a tab may plan with. WebGPU does not say, so buffers are asked for in growing steps until the driver
 * refuses or a cap is reached, and freed at once. The cap keeps the probe harmless: a driver that grants more than there
 * is would make the whole machine swap. Buffers are never written, so most drivers do not even back them with pages.
 */
const MIB = 2 ** 20
const GIB = 2 ** 30

const FIRST_BYTES = 64 * MIB
const LARGEST_STEP_BYTES = GIB
/** Of what the driver granted before it refused: the rest of the system needs some, and our own buffers come in odd sizes. */
const HEADROOM = 0.8

/** A device whose memory is its own is given so much at most, until its owner says otherwise. */
const DISCRETE_CAP_BYTES = 4 * GIB
/** Where the browser does not tell the memory of the machine. A guess on the low side. */
const ASSUMED_MACHINE_GIB = 4

export interface ProbeSubject {
  /** `discrete`, `integrated`, `cpu` or `unknown`, as in a `DeviceReport`. */
  readonly type: string
  readonly phone: boolean
  /** `navigator.deviceMemory`; null where the browser keeps it to itself. */
  readonly machineGib: number | null
}

/** Bytes that the probe asks for at most. Integrated and software adapters take from the machine's own memory. */
export function probeCap({ type, phone, machineGib }: ProbeSubject): number {
  const machineBytes = (machineGib ?? ASSUMED_MACHINE_GIB) * GIB
  if (phone) return Math.min(GIB / 2, machineBytes / 8)
  if (type === 'cpu') return Math.min(GIB, machineBytes / 8)
  if (type === 'discrete') return DISCRETE_CAP_BYTES
  return Math.min(DISCRETE_CAP_BYTES, machineBytes / 4)
}

/**
 * `allocate`: one buffer of so many bytes, kept until the probe is over; false when the driver refused it. Returns the
 * budget in bytes, 0 when nothing at all was granted.
 */
export async function probeBudget(
  allocate: (bytes: number) => Promise<boolean>,
  limits: { readonly capBytes: number; readonly maxBufferBytes: number },
): Promise<number> {
  const { capBytes, maxBufferBytes } = limits
  let grantedBytes = 0
  let refused = false
  let stepBytes = FIRST_BYTES
  while (grantedBytes < capBytes) {
    const bytes = Math.floor(Math.min(stepBytes, maxBufferBytes, capBytes - grantedBytes) / 4) * 4
    if (bytes === 0) break
    if (await allocate(bytes)) {
      grantedBytes += bytes
      if (!refused) stepBytes = Math.min(stepBytes * 2, LARGEST_STEP_BYTES)
    } else {
      // Halved from now on: how much of the last step would still have gone in.
      refused = true
      if (bytes < FIRST_BYTES) break
      stepBytes = bytes / 2
    }
  }
  return Math.floor(refused ? grantedBytes * HEADROOM : grantedBytes)
}

/** What Chromium's developer features say; the standard adapter info has no such member. */
interface MemoryHeap {
  readonly size: number
  readonly properties: number
}

const HEAP_DEVICE_LOCAL = 1

/** The device's own memory, where the browser exposes its heaps; null everywhere else. */
export function heapBytes(info: object): number | null {
  if (!('memoryHeaps' in info) || !Array.isArray(info.memoryHeaps)) return null
  let bytes = 0
  for (const heap of info.memoryHeaps as readonly MemoryHeap[]) {
    if (Number.isFinite(heap.size) && (heap.properties & HEAP_DEVICE_LOCAL) !== 0) bytes += heap.size
  }
  return bytes > 0 ? bytes : null
}
