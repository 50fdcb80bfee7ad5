/**
 * Accounting of GPU memory, buffer by buffer. WebGPU can neither tell what is free nor be trusted to refuse (software
 * drivers accept 64 buffers of 4 GiB), so the ledger is the only truth about our own bytes, and its limit is checked
 * before a buffer is asked for.
 *
 * Invariant: `usedBytes` is the sum over live buffers; a buffer leaves the ledger once.
 */
import { KernelError } from '../errors.ts'

export type MemoryCategory = 'parameters' | 'gradients' | 'optimizer' | 'activations' | 'io' | 'staging'

export interface BufferRequest {
  readonly label: string
  readonly bytes: number
  readonly category: MemoryCategory
  readonly usage: GPUBufferUsageFlags
}

export interface LedgerEntry {
  readonly label: string
  readonly bytes: number
  readonly category: MemoryCategory
}

export class MemoryLedger {
  #entries = new Set<LedgerEntry>()
  #usedBytes = 0
  limitBytes: number

  constructor(limitBytes: number = Number.POSITIVE_INFINITY) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get liveBuffers(): number {
    return this.#entries.size
  }

  entries(): readonly LedgerEntry[] {
    return [...this.#entries]
  }

  /** Throws when `requests` together do not fit what the limit leaves. */
  admit(requests: readonly LedgerEntry[]): void {
    const neededBytes = requests.reduce((sum, request) => sum + request.bytes, 0)
    const freeBytes = this.limitBytes - this.#usedBytes
    if (neededBytes <= freeBytes) return
    const largest = requests.reduce((best, request) => (request.bytes > best.bytes ? request : best))
    throw new KernelError(
      'OUT_OF_MEMORY',
      `allocate: ${neededBytes} bytes needed (largest: ${largest.label}, ${largest.bytes}), but only ${Math.max(0, freeBytes)} of the ${this.limitBytes}-byte limit are free`,
      { neededBytes, usedBytes: this.#usedBytes, limitBytes: this.limitBytes, label: largest.label },
    )
  }

  add(entry: LedgerEntry): void {
    this.#entries.add(entry)
    this.#usedBytes += entry.bytes
  }

  remove(entry: LedgerEntry): void {
    if (this.#entries.delete(entry)) this.#usedBytes -= entry.bytes
  }
}
