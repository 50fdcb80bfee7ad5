import { describe, expect, it } from 'vitest'
import { Assembler, bulkOf, PIECE_BYTES, PieceSender, type ToWorker } from '../../../../browser/compute/wire.ts'
import type { ToCompute } from '../../../../protocol/compute/index.ts'

const cancel = (id: number): ToCompute => ({ type: 'cancel', id })
const apply = (id: number, vector: Float32Array): ToCompute => ({ type: 'call', id, method: 'apply', params: { jobKey: 'job', step: id, vector, weight: 1 } })

function channel(): { sender: PieceSender; posted: ToWorker[]; arrived: ToCompute[]; turns: () => number } {
  const posted: ToWorker[] = []
  const arrived: ToCompute[] = []
  const assembler = new Assembler()
  let turns = 0
  const sender = new PieceSender(
    (message, transfer) => {
      const copy = structuredClone(message, { transfer })
      posted.push(copy)
      const whole = assembler.receive(copy)
      if (whole !== null) arrived.push(whole)
    },
    async () => {
      turns += 1
    },
  )
  return { sender, posted, arrived, turns: () => turns }
}

/** Millions of elements: not one by one. */
function sameBytes(a: ToCompute, b: ToCompute): boolean {
  const [one, other] = [bulkOf(a), bulkOf(b)]
  return one !== null && other !== null && Buffer.compare(one, other) === 0
}

const settled = () => new Promise((done) => setTimeout(done, 0))

describe('what crosses to the compute worker', () => {
  it('small messages cross as they are, at once', () => {
    const { sender, posted, arrived } = channel()
    const message = apply(1, Float32Array.of(1, 2, 3))
    sender.send(message)
    expect(arrived).toEqual([message])
    expect(posted).toHaveLength(1)
  })

  it('a large vector crosses in pieces, arrives whole, and stays its owner’s', async () => {
    const { sender, posted, arrived, turns } = channel()
    const vector = new Float32Array((PIECE_BYTES / 4) * 2 + 3).map((_, i) => i)
    // Not at the beginning of its buffer.
    const view = vector.subarray(1)
    sender.send(apply(1, view))
    await settled()
    expect(arrived).toHaveLength(1)
    expect(sameBytes(arrived[0] as ToCompute, apply(1, view))).toBe(true)
    expect(posted.filter(({ kind }) => kind === 'piece')).toHaveLength(3)
    expect(turns(), 'the page had its turn between the pieces').toBe(3)
    expect(vector.length).toBe((PIECE_BYTES / 4) * 2 + 3)
  })

  it('keeps the order of messages behind a large one', async () => {
    const { sender, arrived } = channel()
    const big = new Float32Array(PIECE_BYTES / 2)
    sender.send(cancel(1))
    sender.send(apply(2, big))
    sender.send(cancel(3))
    sender.send(apply(4, big))
    sender.send(cancel(5))
    await settled()
    expect(arrived.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5])
  })

  it('states cross in pieces too', async () => {
    const { sender, arrived } = channel()
    const bytes = new Uint8Array(PIECE_BYTES + 5).map((_, i) => i % 251)
    const message: ToCompute = { type: 'call', id: 1, method: 'importState', params: { jobKey: 'job', step: 1, bytes } }
    sender.send(message)
    await settled()
    expect(arrived).toHaveLength(1)
    expect(sameBytes(arrived[0] as ToCompute, message)).toBe(true)
  })

  it('nothing is sent after the end', async () => {
    const { sender, posted } = channel()
    sender.send(apply(1, new Float32Array(PIECE_BYTES)))
    sender.close()
    await settled()
    expect(posted.filter(({ kind }) => kind === 'message')).toHaveLength(0)
  })
})
