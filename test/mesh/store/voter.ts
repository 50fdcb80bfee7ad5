/**
 * A lone voter that works as fast as its disk lets it, until it is killed: the real coordinator, registry and store, without
 * a network. What may be acknowledged is told on stdout, a line each, and the line is out before the next save begins.
 * Arguments: data directory, a number that no other run was given.
 */
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Logger } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { openStore } from '../../../node/store/index.ts'
import { systemClock } from '../../../protocol/clock.ts'
import { Coordinator, type CoordinatorComponents } from '../../../protocol/coordinator/service.ts'
import { decodeCommand, encodeCommand, type JobCommand } from '../../../protocol/jobs/commands.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { testRandom } from '../../random.ts'
import { signJob } from '../../sim/specs.ts'

const [dataDir, run] = process.argv.slice(2) as [string, string]
const random = testRandom(Number(run))

function say(...words: (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`)
}

/** A node that nobody ever connects to. */
const alone = { handle: async () => {}, unhandle: async () => {}, addEventListener: () => {}, removeEventListener: () => {}, getConnections: () => [] }
const silent = { ...alone, topicValidators: new Map(), subscribe: () => {}, unsubscribe: () => {}, publish: async () => ({ recipients: [] }) }
const log = Object.assign(() => {}, { error: (...words: unknown[]) => console.error(...words) }) as unknown as Logger

say('opens')
const store = await openStore(dataDir)
const privateKey = await generateKeyPairFromSeed('Ed25519', store.identity.privateKey)
const peerId = peerIdFromPrivateKey(privateKey)
say('name', peerId.toString())
const registry = new Registry()
const coordinator = new Coordinator(
  {
    mesh: 'alone',
    mayVote: true,
    discoveryMs: 0,
    recoveryTimeoutMs: 0,
    onCommitted: ({ body }) => {
      if (body.kind === 'command') registry.apply(decodeCommand(body.command))
    },
    onLeader: () => {},
    onAbandon: () => {},
    onReset: () => {},
    takeSnapshot: () => registry.snapshot(),
    onRestore: (_, data) => registry.restore(data),
    onBroken: (error) => {
      console.error(error)
      process.exit(1)
    },
    followers: () => ({ learners: [], mayVote: [], newcomers: false }),
  },
  {
    libp2p: { ...alone, peerId },
    pubsub: silent,
    privateKey,
    storage: store.raft,
    clock: systemClock,
    log,
    random: Math.random,
    offences: { guard: () => {}, report: () => {} },
  } as unknown as CoordinatorComponents,
)
await coordinator.start()
while (!coordinator.leads) await new Promise((resolve) => setTimeout(resolve, 2))
say('leads', coordinator.status().term)

const commit = (command: JobCommand): Promise<number> => coordinator.propose(encodeCommand(command))

for (let i = 0; ; i += 1) {
  const { jobId, signed } = await signJob(Number(run) * 1_000_000 + i)
  say('job', jobId, await commit({ type: 'submit', jobId, signed, at: i }))
  if (i % 3 === 0) say('cancelled', jobId, await commit({ type: 'cancel', jobId, reason: 'a test', at: i }))
  if (i % 5 === 0) say('blob', await store.blobs.put(new Uint8Array(random.integer(1, 40_000)).map((_, k) => (k * 31 + i) & 255)))
  if (i % 4 === 0) {
    const bytes = new Uint8Array(random.integer(1, 20_000)).fill(i & 255)
    store.kv.set(`${run}/${i}`, bytes)
    say('kept', `${run}/${i}`, createHash('sha256').update(bytes).digest('hex'))
  }
}
