/**
 * All-reduce over a bus that delivers in any order: every member ends with the same bits, which are the sum in member
 * order.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AllReduce, sliceBounds } from '../../../protocol/collective/allreduce.ts'
import { MemberLostError } from '../../../protocol/collective/errors.ts'
import { decodeFrame, MAX_FRAME_VALUES } from '../../../protocol/collective/frames.ts'

interface Packet {
  readonly from: string
  readonly to: string
  readonly bytes: Uint8Array
}

/** Frames of one sender to one receiver stay in order, as streams keep it; all else is shuffled by `pick`. */
class Bus {
  readonly packets: Packet[] = []
  readonly groups = new Map<string, AllReduce>()
  unreachable: string | null = null

  member(self: string, members: readonly string[], vectorLength: number, startStep = 0): AllReduce {
    const group = new AllReduce({
      jobId: 'j',
      attempt: 1,
      membership: 1,
      members,
      self,
      vectorLength,
      startStep,
      send: (to, frame) => {
        if (to === this.unreachable) return false
        this.packets.push({ from: self, to, bytes: frame.slice() })
        return true
      },
    })
    this.groups.set(self, group)
    return group
  }

  deliverAll(pick: (count: number) => number): void {
    while (this.packets.length > 0) {
      const firsts = this.packets.filter((packet, i) => this.packets.findIndex((other) => other.from === packet.from && other.to === packet.to) === i)
      const packet = firsts[pick(firsts.length)] as Packet
      this.packets.splice(this.packets.indexOf(packet), 1)
      this.groups.get(packet.to)?.receive(packet.from, decodeFrame(packet.bytes))
    }
  }
}

const never = new AbortController().signal
const sums = (weight: number) => ({ lossSum: weight * 2, weight, correct: weight / 2 })

describe('all-reduce', () => {
  it('gives every member the bits of the sum in member order, whatever arrives first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 700 }),
        fc.infiniteStream(fc.nat()),
        fc.integer(),
        async (count, length, choices, seed) => {
          const members = Array.from({ length: count }, (_, i) => `m${i}`)
          const vectors = members.map((_, m) => Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(seed + m * 977 + i * 13) * 10 ** ((i + m) % 7))))
          const bus = new Bus()
          const groups = members.map((member) => bus.member(member, members, length))
          const results = groups.map((group, m) => group.reduce(1, vectors[m] as Float32Array, sums(m + 1), never))
          bus.deliverAll((limit) => (choices.next().value as number) % limit)
          const expected = Float32Array.from({ length }, (_, i) =>
            vectors.reduce((sum, vector, m) => (m === 0 ? (vector[i] as number) : Math.fround(sum + (vector[i] as number))), 0),
          )
          for (const result of await Promise.all(results)) {
            expect(result.vector).toEqual(expected)
            expect(result.weight).toBe((count * (count + 1)) / 2)
            expect(result.correct).toBe((count * (count + 1)) / 4)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('cuts slices that a frame cannot hold', async () => {
    const length = 2 * MAX_FRAME_VALUES + 1000
    const bus = new Bus()
    const groups = ['a', 'b'].map((member) => bus.member(member, ['a', 'b'], length))
    const results = groups.map((group, m) => group.reduce(1, new Float32Array(length).fill(m + 1), sums(1), never))
    bus.deliverAll(() => 0)
    for (const { vector } of await Promise.all(results)) expect(vector.every((value) => value === 3)).toBe(true)
  })

  it('counts the bytes it sends: 2 (N - 1) / N of the vector', async () => {
    const bus = new Bus()
    const members = ['a', 'b', 'c', 'd']
    const groups = members.map((member) => bus.member(member, members, 4096))
    const results = groups.map((group) => group.reduce(1, new Float32Array(4096), sums(1), never))
    bus.deliverAll(() => 0)
    await Promise.all(results)
    for (const group of groups) {
      expect(group.bytesSent).toBe(2 * 0.75 * 4096 * 4)
      expect(group.bytesReceived).toBe(2 * 0.75 * 4096 * 4)
    }
  })

  it('keeps frames of the next step for it, and ignores those of steps that are over', async () => {
    const bus = new Bus()
    const [a, b] = ['a', 'b'].map((member) => bus.member(member, ['a', 'b'], 128, 4)) as [AllReduce, AllReduce]
    const first = [a.reduce(5, new Float32Array(128).fill(1), sums(1), never), b.reduce(5, new Float32Array(128).fill(2), sums(1), never)]
    const late = { ...(bus.packets[0] as Packet) }
    bus.deliverAll(() => 0)
    await Promise.all(first)
    const early = a.reduce(6, new Float32Array(128).fill(3), sums(1), never)
    bus.deliverAll(() => 0)
    b.receive(late.from, decodeFrame(late.bytes))
    const other = b.reduce(6, new Float32Array(128).fill(4), sums(1), never)
    bus.deliverAll(() => 0)
    expect((await early).vector[0]).toBe(7)
    expect((await other).vector).toEqual((await early).vector)
  })

  it('takes no second copy of a frame and none that is out of place', async () => {
    const bus = new Bus()
    const [a, b] = ['a', 'b'].map((member) => bus.member(member, ['a', 'b'], 256)) as [AllReduce, AllReduce]
    const results = [a.reduce(1, new Float32Array(256).fill(1), sums(1), never), b.reduce(1, new Float32Array(256).fill(2), sums(1), never)]
    for (const packet of [...bus.packets]) {
      const frame = decodeFrame(packet.bytes)
      const group = bus.groups.get(packet.to) as AllReduce
      group.receive('stranger', frame)
      group.receive(packet.from, { ...frame, head: { ...frame.head, offset: frame.head.offset + 64 } })
      group.receive(packet.from, { ...frame, head: { ...frame.head, step: 9 } })
      group.receive(packet.from, frame)
      group.receive(packet.from, frame)
    }
    expect(bus.packets).toHaveLength(4)
    bus.packets.splice(0, 2) // the parts, delivered by hand above; what is left are the merged slices
    bus.deliverAll(() => 0)
    for (const { vector } of await Promise.all(results)) expect(vector.every((value) => value === 3)).toBe(true)
  })

  it('names the member that a step waits for', async () => {
    const bus = new Bus()
    const members = ['a', 'b', 'c']
    const [a, b] = members.map((member) => bus.member(member, members, 300)) as [AllReduce, AllReduce]
    const waiting = [a.reduce(1, new Float32Array(300), sums(1), never), b.reduce(1, new Float32Array(300), sums(1), never)]
    bus.deliverAll(() => 0)
    expect(a.missing(1)).toBe('c')
    expect(b.missing(1)).toBe('c')
    const error = new MemberLostError('c', 'is silent')
    a.close(error)
    b.close(error)
    for (const result of waiting) await expect(result).rejects.toBe(error)
  })

  it('rejects when a member cannot be reached, when aborted, and for a vector of another length', async () => {
    const bus = new Bus()
    bus.unreachable = 'b'
    const a = bus.member('a', ['a', 'b'], 64)
    await expect(a.reduce(1, new Float32Array(64), sums(1), never)).rejects.toMatchObject({ peerId: 'b' })
    await expect(a.reduce(2, new Float32Array(65), sums(1), never)).rejects.toThrow(/65 values/)
    const abort = new AbortController()
    const c = new Bus().member('c', ['c', 'd'], 64)
    const result = c.reduce(1, new Float32Array(64), sums(1), abort.signal)
    abort.abort(new Error('enough'))
    await expect(result).rejects.toThrow('enough')
  })
})

describe('slices', () => {
  it('cover the vector once, in order, at multiples of 64', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 64 }), (length, members) => {
        const bounds = sliceBounds(length, members)
        expect(bounds[0]).toBe(0)
        expect(bounds.at(-1)).toBe(length)
        bounds.forEach((bound, i) => {
          expect(bound).toBeGreaterThanOrEqual(bounds[i - 1] ?? 0)
          if (bound !== length) expect(bound % 64).toBe(0)
        })
      }),
    )
  })
})
