/**
 * The coordinator over a disk that takes its time (a tab's IndexedDB): no vote, reply or acknowledgement leaves before
 * the state it rests on is durable, and no later input overtakes it. Over a synchronous disk everything stays
 * synchronous.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Logger, PrivateKey, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import * as lp from 'it-length-prefixed'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Clock } from '../../../protocol/clock.ts'
import { decodeRaft, encodeBody, encodeRaft } from '../../../protocol/coordinator/codec.ts'
import { Coordinator, type CoordinatorComponents } from '../../../protocol/coordinator/service.ts'
import type { EntryBody, RaftMessage } from '../../../protocol/coordinator/types.ts'
import { MemoryStore } from '../../../protocol/memory-store.ts'
import { Channels } from '../../../protocol/mesh/channels.ts'
import type { LogEntry, RaftChange, RaftStorage } from '../../../protocol/store.ts'

const EPOCH = { number: 1, id: 'first-line', parent: null }

/** A disk that finishes a save when the test says so. */
class SlowDisk implements RaftStorage {
  readonly #under: RaftStorage
  readonly waiting: { readonly change: RaftChange; readonly done: () => void; readonly fail: (error: Error) => void }[] = []
  saves = 0

  constructor(under: RaftStorage) {
    this.#under = under
  }

  load(): ReturnType<RaftStorage['load']> {
    return this.#under.load()
  }

  save(change: RaftChange): Promise<void> {
    this.saves += 1
    return new Promise((resolve, reject) => {
      this.waiting.push({
        change,
        done: () => {
          void this.#under.save(change)
          resolve()
        },
        fail: reject,
      })
    })
  }

  async finish(): Promise<void> {
    this.waiting.shift()?.done()
    await settled()
  }

  async refuse(error: Error): Promise<void> {
    this.waiting.shift()?.fail(error)
    await settled()
  }
}

/** Long enough for promises and for the signing of a vote, which happens in a thread of its own. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

interface Scene {
  readonly coordinator: Coordinator
  readonly memory: MemoryStore
  readonly sent: { readonly to: string; readonly message: RaftMessage }[]
  readonly told: string[]
  readonly others: readonly string[]
  receive(from: string, message: RaftMessage): Promise<void>
  tick(ms?: number): void
}

const open: Coordinator[] = []

afterEach(async () => {
  for (const coordinator of open.splice(0)) await coordinator.stop()
})

async function scene(voterCount: number, storageOver: (memory: MemoryStore) => RaftStorage): Promise<Scene> {
  const privateKey: PrivateKey = await generateKeyPair('Ed25519')
  const peerId = peerIdFromPrivateKey(privateKey)
  const others: string[] = []
  for (let i = 1; i < voterCount; i += 1) others.push(peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString())
  const memory = new MemoryStore()
  const config: EntryBody = { kind: 'config', epochId: EPOCH.id, voters: [peerId.toString(), ...others] }
  const first: LogEntry = { index: 1, term: 1, epoch: 1, data: encodeBody(config) }
  void memory.raft.save({ hardState: { epoch: EPOCH, term: 1, votedFor: null }, append: [first] })

  let now = 0
  const ticks: (() => void)[] = []
  const clock: Clock = {
    now: () => now,
    wall: () => now,
    every: (_ms, task) => {
      ticks.push(task)
      return () => ticks.splice(ticks.indexOf(task), 1)
    },
    after: () => () => {},
  }
  let onStream: ((stream: Stream, connection: Connection) => void) | undefined
  const sent: Scene['sent'] = []
  vi.spyOn(Channels.prototype, 'send').mockImplementation((to, frame) => {
    const content = decodeRaft(frame.subarray())
    if (content.kind === 'raft') sent.push({ to, message: content.message })
    return true
  })
  const told: string[] = []
  const log = Object.assign(() => {}, { error: () => {}, trace: () => {}, enabled: false, newScope: () => log }) as unknown as Logger
  const components = {
    libp2p: {
      peerId,
      handle: async (_protocol: string, handler: typeof onStream) => {
        onStream = handler
      },
      unhandle: async () => {},
      addEventListener: () => {},
      removeEventListener: () => {},
    },
    pubsub: {
      topicValidators: new Map(),
      addEventListener: () => {},
      removeEventListener: () => {},
      subscribe: () => {},
      unsubscribe: () => {},
      publish: async () => ({ recipients: [] }),
    },
    privateKey,
    storage: storageOver(memory),
    clock,
    log,
    offences: { guard: (_peer: string, take: () => void) => take(), report: (_peer: string, error: Error) => told.push(`offence: ${error.message}`) },
    random: () => 0.5,
  } as unknown as CoordinatorComponents
  const coordinator = new Coordinator(
    {
      mesh: 'durable-first',
      mayVote: true,
      discoveryMs: 0,
      recoveryTimeoutMs: 0,
      onCommitted: (entry) => told.push(`committed ${entry.index}`),
      onLeader: (leader) => told.push(leader === peerId.toString() ? 'leads' : leader === null ? 'no leader' : 'follows'),
      onAbandon: () => told.push('abandon'),
      onReset: () => told.push('reset'),
      takeSnapshot: () => new Uint8Array(),
      onRestore: (index) => told.push(`restored ${index}`),
      onBroken: (error) => told.push(`broken: ${error.message}`),
      followers: () => ({ learners: [], mayVote: [], newcomers: false }),
    },
    components,
  )
  open.push(coordinator)
  await coordinator.start()
  return {
    coordinator,
    memory,
    sent,
    told,
    others,
    async receive(from, message) {
      const [...frame] = lp.encode([encodeRaft(message)])
      const stream = {
        async *[Symbol.asyncIterator]() {
          yield* frame
        },
        close: async () => {},
        abort: (error: Error) => told.push(`aborted: ${error.message}`),
      } as unknown as Stream
      onStream?.(stream, { remotePeer: { toString: () => from } } as unknown as Connection)
      await settled()
    },
    tick(ms = 20) {
      now += ms
      for (const task of [...ticks]) task()
    },
  }
}

const voteRequest = (term: number): RaftMessage => ({ type: 'vote', epochId: EPOCH.id, term, lastIndex: 1, lastTerm: 1, transfer: true })
const appendOf = (term: number, prevIndex: number, prevTerm: number): RaftMessage => ({
  type: 'append',
  epochId: EPOCH.id,
  term,
  prevIndex,
  prevTerm,
  entries: [{ index: prevIndex + 1, term, body: { kind: 'noop' } }],
  commit: 0,
})

describe('the coordinator over a disk that is not synchronous', () => {
  it('sends no vote before the vote is durable, and takes no other input meanwhile', async () => {
    let disk: SlowDisk | undefined
    const { sent, others, receive, tick, memory } = await scene(3, (store) => {
      disk = new SlowDisk(store.raft)
      return disk
    })
    const slow = disk as SlowDisk
    const [b, c] = others as [string, string]
    await receive(b, voteRequest(2))
    expect(slow.saves).toBe(1)
    expect(sent).toEqual([])

    // The other candidate of that term and the clock come while the disk still writes.
    await receive(c, voteRequest(2))
    for (let i = 0; i < 100; i += 1) tick()
    expect(slow.saves, 'nothing is decided on a state that may be lost').toBe(1)
    expect(sent).toEqual([])

    await slow.finish()
    expect(memory.raft.load().hardState).toMatchObject({ term: 2, votedFor: b })
    const replies = sent.filter(({ message }) => message.type === 'voteReply')
    expect(replies.map(({ to, message }) => [to, 'granted' in message && message.granted])).toEqual(
      expect.arrayContaining([
        [b, true],
        [c, false],
      ]),
    )
  })

  it('confirms entries to the leader only once they are stored, in the order they came', async () => {
    let disk: SlowDisk | undefined
    const { sent, told, others, receive, memory } = await scene(3, (store) => {
      disk = new SlowDisk(store.raft)
      return disk
    })
    const slow = disk as SlowDisk
    const [b] = others as [string]
    await receive(b, appendOf(2, 1, 1))
    await receive(b, appendOf(2, 2, 2))
    expect(sent).toEqual([])
    expect(told, 'nor does anybody hear of the new leader').toEqual([])
    while (slow.waiting.length > 0) {
      const acknowledged = Math.max(0, ...sent.map(({ message }) => (message.type === 'appendReply' && message.success ? message.matchIndex : 0)))
      expect(acknowledged).toBeLessThanOrEqual(memory.raft.load().entries.length)
      await slow.finish()
    }
    expect(told).toEqual(['follows'])
    expect(sent.flatMap(({ message }) => (message.type === 'appendReply' ? [message.matchIndex] : []))).toEqual([2, 3])
    expect(memory.raft.load().entries.map((entry) => entry.index)).toEqual([1, 2, 3])
  })

  it('acknowledges a proposal of a peer on its own once it is durable', async () => {
    let disk: SlowDisk | undefined
    const { coordinator, told, tick } = await scene(1, (store) => {
      disk = new SlowDisk(store.raft)
      return disk
    })
    const slow = disk as SlowDisk
    for (let i = 0; i < 10 && !told.includes('leads'); i += 1) {
      tick()
      expect(told).toEqual([])
      await slow.finish()
    }
    while (slow.waiting.length > 0) await slow.finish()
    expect(told).toContain('leads')
    let acknowledged: number | undefined
    void coordinator.propose(Uint8Array.of(1)).then((index) => {
      acknowledged = index
    })
    await settled()
    expect(slow.waiting.length).toBeGreaterThan(0)
    expect(acknowledged).toBeUndefined()
    while (slow.waiting.length > 0) await slow.finish()
    expect(acknowledged).toBeDefined()
    expect(told).toContain(`committed ${acknowledged}`)
  })

  it('stops voting and leading when the disk refuses, and says nothing of that step', async () => {
    let disk: SlowDisk | undefined
    const { coordinator, sent, told, others, receive } = await scene(3, (store) => {
      disk = new SlowDisk(store.raft)
      return disk
    })
    const slow = disk as SlowDisk
    const [b] = others as [string]
    await receive(b, voteRequest(2))
    const proposal = coordinator.propose(Uint8Array.of(1))
    proposal.catch(() => {})
    await slow.refuse(new Error('no room'))
    expect(told).toEqual(['broken: no room'])
    await expect(proposal).rejects.toThrow('no room')
    await receive(b, voteRequest(3))
    expect(sent).toEqual([])
    expect(slow.saves).toBe(1)
    await expect(coordinator.propose(Uint8Array.of(2))).rejects.toMatchObject({ code: 'NOT_LEADER' })
  })

  it('keeps silent about a save that ends after the peer has stopped', async () => {
    let disk: SlowDisk | undefined
    const { coordinator, sent, told, others, receive } = await scene(3, (store) => {
      disk = new SlowDisk(store.raft)
      return disk
    })
    const slow = disk as SlowDisk
    await receive((others as [string])[0], voteRequest(2))
    await coordinator.stop()
    const late = coordinator.propose(Uint8Array.of(1))
    late.catch(() => {})
    await slow.finish()
    await expect(late, 'nobody is kept waiting').rejects.toMatchObject({ code: 'NOT_LEADER' })
    expect(sent).toEqual([])
    expect(told).toEqual([])
  })

  it('decides and writes nothing after it has stopped', async () => {
    let disk: SlowDisk | undefined
    const { coordinator, told, others, receive } = await scene(3, (store) => {
      disk = new SlowDisk(store.raft)
      return disk
    })
    await coordinator.stop()
    await receive((others as [string])[0], voteRequest(2))
    await expect(coordinator.propose(Uint8Array.of(1))).rejects.toMatchObject({ code: 'NOT_LEADER' })
    expect([(disk as SlowDisk).saves, told]).toEqual([0, []])
  })
})

describe('the coordinator over a synchronous disk', () => {
  it('has done everything when the input has been taken: no promise in between', async () => {
    const { coordinator, told, tick } = await scene(1, (store) => store.raft)
    for (let i = 0; i < 10 && !told.includes('leads'); i += 1) tick()
    expect(told).toContain('leads')
    const before = told.length
    void coordinator.propose(Uint8Array.of(1))
    expect(told.slice(before)).toEqual([expect.stringMatching(/^committed /)])
  })
})
