/**
 * `cyxwiz bench failover`: how long the peers of a mesh are without a coordinator when theirs is killed (SIGKILL) or
 * frozen (SIGSTOP). Peers are processes of their own on this machine, without a GPU; the time of a run is from the
 * signal until the last survivor follows the new coordinator, as it tells by `coordinator.elected`.
 *
 * A figure counts only where the mesh did what it promises: all survivors follow the same peer under the same, higher
 * fence, and a job that was acknowledged before the signal is known to every one of them afterwards.
 */
import { Cluster, type ClusterPeer, waitFor } from '../demo/cluster.ts'
import { type Figures, figuresOf } from './figures.ts'
import { benchJob, withNonce } from './job.ts'

export type Fault = 'kill' | 'freeze'

export interface FailoverOptions {
  readonly voters: number
  /** Peers beside the voters, which follow without a vote. */
  readonly learners: number
  readonly kills: number
  readonly freezes: number
  readonly signal: AbortSignal
  /** What happens, for who waits. */
  readonly say: (text: string) => void
}

export interface FailoverTable extends Figures {
  readonly voters: number
  readonly learners: number
  readonly fault: Fault
  /** In the order of the runs. */
  readonly samplesMs: readonly number[]
}

/** Longer than any failover that works: the recovery timeout of 30 s must not be mistaken for one. */
const FAILOVER_TIMEOUT_MS = 20_000
/** A peer starts, joins, and the committee is whole again; on a machine that is busy with other things. */
const WHOLE_TIMEOUT_MS = 60_000
/** The same fence seen by everybody for so long: the mesh is at rest before the next signal. */
const REST_MS = 1500
const WITHOUT_GPU = ['--gpu', 'none', '--http', 'off'] as const

interface Following {
  readonly peerId: string
  readonly epoch: number
  readonly term: number
}

export async function measureFailover(options: FailoverOptions): Promise<FailoverTable[]> {
  const bench = await FailoverBench.start(options)
  try {
    const tables: FailoverTable[] = []
    const plan: readonly (readonly [Fault, number])[] = [
      ['kill', options.kills],
      ['freeze', options.freezes],
    ]
    for (const [fault, runs] of plan) {
      const samplesMs: number[] = []
      for (let run = 1; run <= runs; run++) {
        options.signal.throwIfAborted()
        const ms = await bench.run(fault, run)
        samplesMs.push(Math.round(ms * 10) / 10)
        options.say(`${options.voters} voters, ${fault} ${run} of ${runs}: ${ms.toFixed(0)} ms`)
      }
      if (runs > 0) tables.push({ voters: options.voters, learners: options.learners, fault, ...figuresOf(samplesMs), samplesMs })
    }
    return tables
  } finally {
    await bench.stop()
  }
}

class FailoverBench {
  private readonly cluster: Cluster
  private readonly voters: number
  /** Nothing trains: peers without a GPU keep it waiting. */
  private readonly spec: object
  /** What each peer told last. */
  private readonly following: Map<string, Following>
  private onFollowing: () => void = () => {}

  private constructor(cluster: Cluster, voters: number, spec: object, following: Map<string, Following>) {
    this.cluster = cluster
    this.voters = voters
    this.spec = spec
    this.following = following
  }

  static async start({ voters, learners, signal, say }: FailoverOptions): Promise<FailoverBench> {
    const following = new Map<string, Following>()
    let bench: FailoverBench | null = null
    const cluster = await Cluster.create({
      signal,
      fixedPorts: true,
      peerArguments: WITHOUT_GPU,
      onLog: (line, peer) => say(`${peer.name}: ${line}`),
      onEvent: (event, peer) => {
        if (event.event !== 'coordinator.elected') return
        following.set(peer.name, { peerId: event.peerId, epoch: event.epoch, term: event.term })
        bench?.onFollowing()
      },
    })
    try {
      bench = new FailoverBench(cluster, voters, await benchJob('bench-failover'), following)
      say(`starting ${voters + learners} peers`)
      for (let i = 0; i < voters + learners; i++) await cluster.add(i < voters ? [] : ['--no-vote'])
      return bench
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.cluster.stop()
  }

  /** One fault; gives the time in milliseconds until the last survivor followed the new coordinator. */
  async run(fault: Fault, number: number): Promise<number> {
    const before = await this.whole()
    const victim = this.peerOf(before.peerId)
    const survivors = this.cluster.peers.filter((peer) => peer !== victim)
    // By turns at the one that is about to go, right before it does, and at one that stays.
    const asked = number % 2 === 1 ? victim : (survivors[0] as ClusterPeer)
    const { jobId } = await asked.once('submit', { spec: withNonce(this.spec, number) })
    const ms = await this.failover(victim, survivors, fault, before)
    await this.checkKnown(survivors, jobId)
    if (fault === 'kill') await this.cluster.run(victim)
    else await this.cluster.signal(victim, 'SIGCONT')
    await this.whole()
    await asked.once('action', { action: 'cancel', jobId })
    return ms
  }

  private async failover(victim: ClusterPeer, survivors: readonly ClusterPeer[], fault: Fault, before: Following): Promise<number> {
    let timer: NodeJS.Timeout | undefined
    const followed = new Promise<number>((done, failed) => {
      const startedAt = performance.now()
      timer = setTimeout(() => {
        const told = survivors.map((peer) => `${peer.name}: ${JSON.stringify(this.following.get(peer.name))}`)
        failed(benchError(`no common coordinator ${FAILOVER_TIMEOUT_MS / 1000} s after ${victim.name} got a ${fault}; ${told.join('; ')}`))
      }, FAILOVER_TIMEOUT_MS)
      this.onFollowing = () => {
        const [first, ...others] = survivors.map((peer) => this.following.get(peer.name))
        if (first === undefined || first.peerId === victim.id || !isHigher(first, before)) return
        if (others.every((other) => other !== undefined && isSame(other, first))) done(performance.now() - startedAt)
      }
      // Not awaited: what counts is when it was sent, not when the process was reaped.
      victim.process?.kill(fault === 'kill' ? 'SIGKILL' : 'SIGSTOP')
    })
    try {
      const ms = await followed
      if (fault === 'kill') await waitFor(() => !victim.alive, WHOLE_TIMEOUT_MS, `${victim.name} did not end`)
      return ms
    } finally {
      clearTimeout(timer)
      this.onFollowing = () => {}
    }
  }

  /** A new coordinator applies what was committed before with its first own entry: a moment after it was elected. */
  private async checkKnown(survivors: readonly ClusterPeer[], jobId: string): Promise<void> {
    for (const peer of survivors) {
      const known = async (): Promise<boolean> => {
        const state = (await peer.once('jobs', {})).find((job) => job.jobId === jobId)?.state
        return state === 'queued' || state === 'offered'
      }
      await waitFor(known, FAILOVER_TIMEOUT_MS, `job ${jobId}, acknowledged before the fault, does not wait in the list of ${peer.name}`)
    }
  }

  /** Waits until all peers know one another, follow the same coordinator under the same fence, and the committee is whole; for a while. */
  private async whole(): Promise<Following> {
    let restsSince = performance.now()
    let last = ''
    let seen: Following = { peerId: '', epoch: 0, term: 0 }
    const { peers } = this.cluster
    await waitFor(
      async () => {
        const now = performance.now()
        const infos = await Promise.all(peers.map((peer) => peer.once('coordinator', {})))
        const lists = await Promise.all(peers.map((peer) => peer.once('peers', {})))
        const [first] = infos
        const agreed = infos.every(
          (info) => info.peerId !== null && info.voters.length === this.voters && info.term === first?.term && info.peerId === first.peerId,
        )
        const key = agreed && lists.every((list) => list.length === peers.length) ? JSON.stringify({ ...first, asOf: null }) : ''
        if (key === '' || key !== last) restsSince = now
        last = key
        if (key === '' || now - restsSince < REST_MS) return false
        seen = { peerId: first?.peerId as string, epoch: first?.epoch as number, term: first?.term as number }
        return true
      },
      WHOLE_TIMEOUT_MS,
      `the mesh of ${peers.length} peers was not whole`,
    )
    return seen
  }

  private peerOf(peerId: string): ClusterPeer {
    const peer = this.cluster.peers.find((candidate) => candidate.id === peerId)
    if (peer === undefined) throw benchError(`the coordinator ${peerId} is no peer of this mesh`)
    return peer
  }
}

function isSame(a: Following, b: Following): boolean {
  return a.peerId === b.peerId && a.epoch === b.epoch && a.term === b.term
}

function isHigher(a: Following, b: Following): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.term > b.term)
}

function benchError(message: string): Error {
  return Object.assign(new Error(message), { code: 'WRONG_RESULT' })
}
