/**
 * Real peers with somebody among them who means harm. While a job trains, it sends garbage on every stream and topic, forges
 * and replays claims, commands under stale and true fences, copies jobs, touches those of others: each is refused for its
 * own reason, and counted; the epoch stays, nobody but honest peers votes or is followed, the job ends as if nobody had been
 * there; who goes on loses its connection. Elections may be held meanwhile, on a machine that is busy, but no number of the
 * attacker's becomes the term.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, describe, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { signAction, signSpec } from '../../protocol/control/service.ts'
import { encodeClaim, encodeClaimMessage, encodeRaft } from '../../protocol/coordinator/codec.ts'
import type { Fence } from '../../protocol/coordinator/types.ts'
import type { JobCommand } from '../../protocol/jobs/commands.ts'
import { encodeJobMessage, encodeOffer, type JobMessage } from '../../protocol/jobs/messages.ts'
import { Registry } from '../../protocol/jobs/registry.ts'
import { bytesToBase64 } from '../../protocol/wire/base64.ts'
import type { WireErrorCode } from '../../protocol/wire/errors.ts'
import { idOf, sign } from '../../protocol/wire/signed.ts'
import { jobSpec } from '../sim/specs.ts'
import { Attacker, refusals } from './attacker.ts'
import { digitsJob, specOf } from './jobs.ts'
import { agreement, coordinatorOf, endsOnce, jobAt, trainsOn } from './running.ts'

const TIMEOUT_MS = 420_000
const WAIT_MS = 60_000
const COUNTED_MS = 20_000
const MAX_TRIES = 3
/** A frozen leader is replaced; that takes a second or more each time, and the test some minutes at most. */
const ELECTIONS_OF_A_BUSY_MACHINE = 300
/** Three software adapters on two cores that others use, too. */
const DONE_MS = 120_000

let mesh: Cluster | null = null
let attackers: Attacker[] = []
afterEach(async () => {
  for (const attacker of attackers) await attacker.leave()
  attackers = []
  await mesh?.stop()
  mesh = null
}, TIMEOUT_MS)

async function attackerOf(cluster: Cluster): Promise<Attacker> {
  const attacker = await Attacker.join(cluster)
  attackers.push(attacker)
  return attacker
}

interface Scene {
  readonly cluster: Cluster
  readonly coordinator: ClusterPeer
  readonly member: ClusterPeer
  readonly fence: Fence
  /** A job of the coordinator's owner, under way. */
  readonly jobId: string
}

const noise = (bytes: number): Uint8Array => new Uint8Array(bytes).map((_, i) => (i * 151 + 255) & 255)
const code = (answer: unknown): unknown => (answer as { code?: unknown } | null)?.code

/** What an attacker does, and for which reason it is refused, at any peer of the mesh. Each comes from a peer of its own. */
const ATTACKS: readonly [string, WireErrorCode, (attacker: Attacker, scene: Scene) => Promise<unknown>][] = [
  ['garbage between voters', 'MALFORMED', (attacker, { coordinator }) => attacker.frames(coordinator, 'raft', [noise(100)])],
  ['garbage about jobs', 'MALFORMED', (attacker, { member }) => attacker.frames(member, 'job', [noise(100)])],
  ['garbage for a merge', 'MALFORMED', (attacker, { member }) => attacker.frames(member, 'collective', [noise(101)])],
  ['a request that is none', 'MALFORMED', (attacker, { member }) => attacker.frames(member, 'content', [noise(64)])],
  ['a question that is not JSON', 'MALFORMED', (attacker, { coordinator }) => attacker.frames(coordinator, 'control', [Uint8Array.of(10, 1, 120, 18, 1, 123)])],
  ['a frame without an end', 'TOO_LARGE', (attacker, { coordinator }) => attacker.raw(coordinator, 'raft', [Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07)])],
  ['a request without an end', 'TOO_LARGE', (attacker, { member }) => attacker.raw(member, 'control', [Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07)])],
  ['garbage as a claim', 'MALFORMED', (attacker) => attacker.publish('claim', noise(80))],
  ['garbage as a presence', 'MALFORMED', (attacker) => attacker.publish('presence', noise(80))],
  ['garbage as an offer', 'MALFORMED', (attacker) => attacker.publish('offer', noise(80))],
  ['more than a gossip message may be', 'TOO_LARGE', (attacker) => attacker.publish('presence', noise(70_000))],
  [
    'a claim with the votes of another',
    'FORGED_CLAIM',
    async (attacker) => attacker.publish('claim', encodeClaim({ ...(await attacker.heardClaim()), leader: attacker.id })),
  ],
  [
    'a claim of a later term, on a stream',
    'FORGED_CLAIM',
    async (attacker, { member, fence }) =>
      attacker.frames(member, 'raft', [encodeClaimMessage({ ...(await attacker.heardClaim()), term: fence.term + 1, leader: attacker.id })]),
  ],
  ['the claim of the coordinator, played again', 'STALE_CLAIM', async (attacker) => attacker.publish('claim', encodeClaim(await attacker.heardClaim()))],
  [
    'a claim of a term that is over',
    'STALE_CLAIM',
    async (attacker, { member }) => attacker.frames(member, 'raft', [encodeClaimMessage({ ...(await attacker.heardClaim()), term: 0 })]),
  ],
  [
    'entries of somebody who was not elected',
    'NOT_A_VOTER',
    (attacker, { member, fence }) => {
      const entries = [{ index: 2, term: fence.term, body: { kind: 'noop' } }] as const
      const append = { type: 'append', epochId: fence.epochId, term: fence.term + 1, prevIndex: 1, prevTerm: 1, entries, commit: 2 } as const
      return attacker.frames(member, 'raft', [encodeRaft(append)])
    },
  ],
  [
    'entries of a term without end',
    'NOT_A_VOTER',
    (attacker, { member, fence }) => {
      const append = { type: 'append', epochId: fence.epochId, term: Number.MAX_SAFE_INTEGER, prevIndex: 1, prevTerm: 1, entries: [], commit: 2 } as const
      return attacker.frames(member, 'raft', [encodeRaft(append)])
    },
  ],
  ['a command under a fence of the past', 'STALE_FENCE', (attacker, scene) => command(attacker, scene, { ...scene.fence, term: scene.fence.term - 1 })],
  ['a command under the fence of another line', 'STALE_FENCE', (attacker, scene) => command(attacker, scene, { ...scene.fence, epochId: 'ffffffffffffffff' })],
  ['a command under the fence of the coordinator', 'NOT_COORDINATOR', (attacker, scene) => command(attacker, scene, scene.fence)],
  [
    'an offer of somebody who does not coordinate',
    'NOT_COORDINATOR',
    (attacker, { fence, jobId }) => attacker.publish('offer', encodeOffer({ fence, jobId, attempt: 1, needBytes: 1 })),
  ],
  [
    'a job that nobody signed',
    'BAD_SIGNATURE',
    async (attacker, { coordinator }) => expect(code(await attacker.ask(coordinator, 'submit', { spec: jobSpec(1) }))).toBe('BAD_SIGNATURE'),
  ],
  [
    'a job that was changed after it was signed',
    'BAD_SIGNATURE',
    async (attacker, { coordinator }) => {
      const bytes = await signSpec(attacker.key, jobSpec(2))
      const at = Buffer.from(bytes).indexOf('"sgd"') // somewhere in the payload
      bytes[at + 1] = 0x53
      expect(code(await attacker.ask(coordinator, 'submit', { signed: bytesToBase64(bytes) }))).toBe('BAD_SIGNATURE')
    },
  ],
  [
    'the job of another, signed anew',
    'RESIGNED_SPEC',
    async (attacker, { coordinator }) => {
      const owner = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
      const thief = await sign(attacker.key, 'cyxwiz/job/1', new TextEncoder().encode(JSON.stringify({ ...jobSpec(3), submitter: owner })))
      expect(code(await attacker.ask(coordinator, 'submit', { signed: bytesToBase64(thief) }))).toBe('RESIGNED_SPEC')
    },
  ],
  [
    'a job that cannot be',
    'BAD_SPEC',
    async (attacker, { coordinator }) => {
      const bytes = await signSpec(attacker.key, { ...jobSpec(4), batchSize: -1 } as never)
      expect(code(await attacker.ask(coordinator, 'submit', { signed: bytesToBase64(bytes) }))).toBe('BAD_SPEC')
    },
  ],
  [
    'an end for the job of another',
    'NOT_YOURS',
    async (attacker, { coordinator, jobId }) => {
      const signed = bytesToBase64(await signAction(attacker.key, 'cancel', { jobId, attempt: 1 }))
      expect(code(await attacker.ask(coordinator, 'action', { signed }))).toBe('NOT_YOURS')
    },
  ],
  ['an end that no voter has signed', 'FORGED_END', async (attacker, scene) => expect(code(await forgedEnd(attacker, scene))).toBe('FORGED_END')],
  [
    'an action that was meant for another attempt',
    'REPLAYED_ACTION',
    async (attacker, { coordinator }) => {
      const bytes = await signSpec(attacker.key, jobSpec(5, { peers: { min: 8, max: 8 } }))
      await attacker.ask(coordinator, 'submit', { signed: bytesToBase64(bytes) })
      const signed = bytesToBase64(await signAction(attacker.key, 'pause', { jobId: idOf(bytes), attempt: 7 }))
      expect(code(await attacker.ask(coordinator, 'action', { signed }))).toBe('REPLAYED_ACTION')
    },
  ],
]

/** A job of the attacker's, as if it had completed elsewhere; and the command that did it. */
async function completedJob(attacker: Attacker, nonce: number): Promise<{ registry: Registry; complete: JobCommand & { type: 'complete' } }> {
  const bytes = await signSpec(attacker.key, jobSpec(nonce))
  const registry = new Registry()
  registry.apply({ type: 'submit', jobId: idOf(bytes), signed: bytesToBase64(bytes), at: 1 })
  const result = { steps: 40, samples: 1, seconds: 1, trainLoss: 0, testLoss: null, testAccuracy: null, weights: { sha256: 'e'.repeat(64), bytes: 1 } }
  const complete = { type: 'complete', jobId: idOf(bytes), attempt: 1, result, at: 2 } as const
  registry.apply(complete)
  return { registry, complete }
}

/** Nobody is said to have signed for it. */
async function unprovedEnd(attacker: Attacker, coordinator: ClusterPeer): Promise<string> {
  const { registry, complete } = await completedJob(attacker, 7)
  expect(await attacker.ask(coordinator, 'import', { records: registry.list() })).toEqual({ taken: 1 })
  return complete.jobId
}

/** A voter is said to have signed for it; its signature is of something else. */
async function forgedEnd(attacker: Attacker, { coordinator }: Scene): Promise<unknown> {
  const { registry, complete } = await completedJob(attacker, 6)
  const { jobId } = complete
  const { votes } = await attacker.heardClaim()
  const signature = Buffer.from(votes[0]?.signature ?? []).toString('hex')
  const proof = { epochId: 'line', index: 2, term: 1, previous: '', links: [], voters: [coordinator.id], votes: [{ voter: coordinator.id, signature }] }
  registry.apply({ type: 'proved', jobId, proof: { ...proof, command: JSON.stringify(complete) }, at: 3 })
  return attacker.ask(coordinator, 'import', { records: registry.list() })
}

async function command(attacker: Attacker, { member, jobId }: Scene, fence: Fence): Promise<void> {
  const message: JobMessage = { type: 'stop', reason: 'because I say so' }
  await attacker.frames(member, 'job', [encodeJobMessage({ jobId, attempt: 1, fence, message })])
}

describe('a hostile peer in a mesh that trains', { timeout: TIMEOUT_MS }, () => {
  it('is refused for what it does, counted, and in the end hung up on; nothing comes of it', async () => {
    mesh = await Cluster.create()
    const cluster = mesh
    await mesh.start(3)
    await mesh.settled()
    const peers = mesh.living
    const [bystander, victim, owner] = peers as [ClusterPeer, ClusterPeer, ClusterPeer]
    const { jobId } = await owner.once('submit', { spec: await specOf(digitsJob({ steps: 400, sync: { mode: 'allreduce', roundSteps: 20 } })) })
    await trainsOn(owner, jobId, 3)
    const before = await agreement(peers)

    const first = await attackerOf(cluster)
    for (const [what, reason, attack] of ATTACKS) {
      const count = async (): Promise<number> => {
        const counts = await Promise.all(peers.map(async (peer) => (await refusals(peer)).get(reason) ?? 0))
        return counts.reduce((sum, one) => sum + one, 0)
      }
      // A machine that is too busy elects anew now and then: who was attacked as coordinator may be none any more.
      for (let tries = 1; ; tries += 1) {
        const coordinator = await coordinatorOf(cluster)
        const member = peers.find((peer) => peer !== coordinator) as ClusterPeer
        const claim = await first.heardClaim()
        const fence: Fence = { epoch: claim.epoch.number, epochId: claim.epoch.id, term: claim.term }
        const attacker = await attackerOf(cluster)
        try {
          const earlier = await count()
          await attack(attacker, { cluster, coordinator, member, fence, jobId })
          await waitFor(async () => (await count()) > earlier, COUNTED_MS, `${what} was not counted as ${reason}`)
          break
        } catch (error) {
          if (tries === MAX_TRIES) throw error
        } finally {
          await attacker.leave()
          attackers = attackers.filter((one) => one !== attacker)
        }
      }
    }

    const brought = await unprovedEnd(await attackerOf(cluster), await coordinatorOf(cluster))

    // Going on costs the connection, and keeps it closed.
    await first.frames(
      victim,
      'job',
      Array.from({ length: 40 }, () => noise(50)),
    )
    await waitFor(() => !first.connectedTo(victim), WAIT_MS, 'the connection was left open')
    await first.dial(victim).catch(() => {})
    await waitFor(() => !first.connectedTo(victim), WAIT_MS, 'it was let in again')
    expect(first.connectedTo(bystander), 'whom it did nothing to').toBe(true)

    const done = async (): Promise<boolean> => (await jobAt(bystander, jobId))?.state === 'completed'
    await waitFor(done, DONE_MS, `job ${jobId} did not complete: ${JSON.stringify(await jobAt(bystander, jobId))}`)
    await endsOnce(peers, jobId, 'completed')
    const signers = async (): Promise<readonly string[]> => (await bystander.once('job', { jobId })).endSignedBy ?? []
    await waitFor(async () => (await signers()).length >= 2, WAIT_MS, 'the voters did not sign for its end')
    for (const signer of await signers()) expect(before.voters).toContain(signer)
    // What a peer says of a job that nobody else knows is kept in sight, and not believed.
    const { jobId: told } = (await bystander.once('jobs', {})).find(({ unproved }) => unproved === true) ?? {}
    expect(told, 'it was brought along').toBe(brought)
    const after = await agreement(peers)
    expect(after.epoch, 'the line is the same').toBe(before.epoch)
    expect(after.term - before.term, 'no number of anybody else is the term').toBeLessThan(ELECTIONS_OF_A_BUSY_MACHINE)
    const honest = peers.map(({ id }) => id)
    for (const voter of after.voters) expect(honest).toContain(voter)
    for (const peer of peers) {
      const leaders = peer.events.flatMap((event) => (event.event === 'coordinator.elected' ? [event.peerId] : []))
      for (const leader of leaders) expect(honest, 'nobody else ever led').toContain(leader)
    }
    for (const peer of peers) expect((await peer.once('peers', {})).filter(({ kind }) => kind === 'native').length).toBeGreaterThanOrEqual(3)
  })
})
