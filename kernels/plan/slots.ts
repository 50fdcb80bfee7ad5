/**
 * Activation memory: tensors that are never alive together share a buffer ("slot"). Greedy in execution order: a tensor
 * takes the smallest free slot that holds it, else the largest free slot is enlarged, else a new slot is made. Sizes are
 * only fixed when planning ends, so enlarging costs nothing but the difference.
 *
 * Slots are separate GPU buffers and not ranges of one arena, because WebGPU refuses one buffer bound as read-only and
 * as writable in the same dispatch.
 *
 * Invariant: while a tensor is alive no other tensor has its slot.
 */
export class SlotAllocator {
  #bytes: number[] = []
  #free = new Set<number>()

  /** A slot of at least `bytes`. */
  take(bytes: number): number {
    let fitting: number | null = null
    let largest: number | null = null
    for (const slot of this.#free) {
      const size = this.#size(slot)
      if (size >= bytes && (fitting === null || size < this.#size(fitting))) fitting = slot
      if (largest === null || size > this.#size(largest)) largest = slot
    }
    const slot = fitting ?? largest ?? this.#bytes.length
    this.#bytes[slot] = Math.max(bytes, this.#bytes[slot] ?? 0)
    this.#free.delete(slot)
    return slot
  }

  give(slot: number): void {
    if (this.#free.has(slot)) throw new RangeError(`slot ${slot} is given back twice`)
    this.#free.add(slot)
  }

  /** Final sizes by slot. */
  get sizesBytes(): readonly number[] {
    return this.#bytes
  }

  #size(slot: number): number {
    return this.#bytes[slot] ?? 0
  }
}
