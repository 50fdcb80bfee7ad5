/** A coordinator that goes: it waits for somebody to hand over to, even one that it has only just met. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Logger } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, it } from 'vitest'
import { Coordinator, type CoordinatorComponents, type Followers } from '../../../protocol/coordinator/service.ts'
import { MemoryStore } from '../../../protocol/memory-store.ts'
import { ManualClock } from '../../manual-clock.ts'

it('a lone coordinator does not go while somebody is connected that has not said yet who it is', async () => {
  const privateKey = await generateKeyPair('Ed25519')
  const other = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
  const clock = new ManualClock()
  const log = Object.assign(() => {}, { error: () => {}, trace: () => {}, enabled: false, newScope: () => log }) as unknown as Logger
  let around: Followers = { learners: [], mayVote: [], newcomers: true }
  const nothing = (): void => {}
  const coordinator = new Coordinator(
    {
      mesh: 'going',
      mayVote: true,
      discoveryMs: 0,
      recoveryTimeoutMs: 0,
      onCommitted: nothing,
      onLeader: nothing,
      onAbandon: nothing,
      onReset: nothing,
      takeSnapshot: () => new Uint8Array(),
      onRestore: nothing,
      onBroken: nothing,
      followers: () => around,
    },
    {
      libp2p: {
        peerId: peerIdFromPrivateKey(privateKey),
        handle: async () => {},
        unhandle: async () => {},
        addEventListener: nothing,
        removeEventListener: nothing,
        getConnections: () => [],
      },
      pubsub: {
        topicValidators: new Map(),
        addEventListener: nothing,
        removeEventListener: nothing,
        subscribe: nothing,
        unsubscribe: nothing,
        publish: async () => ({ recipients: [] }),
      },
      privateKey,
      storage: new MemoryStore().raft,
      clock,
      log,
      offences: { guard: (_: string, take: () => void) => take(), report: nothing },
      random: () => 0.5,
    } as unknown as CoordinatorComponents,
  )
  await coordinator.start()
  await clock.run(100)
  expect(coordinator.leads).toBe(true)
  let gone = false
  void coordinator.leave().then(() => {
    gone = true
  })
  await clock.run(200)
  expect(gone, 'somebody has just connected').toBe(false)
  around = { learners: [other], mayVote: [other], newcomers: false }
  await clock.run(200)
  expect(gone, 'it may vote, and has not caught up yet').toBe(false)
  around = { learners: [], mayVote: [], newcomers: false }
  await clock.run(200)
  expect(gone, 'nobody is left').toBe(true)
  await coordinator.stop()
})
