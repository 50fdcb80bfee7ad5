/**
 * `cyxwiz bench submit`: how long a job takes from its submission until it runs, in a mesh that is warm (data at hand,
 * pipelines compiled), and how many quick jobs at once are spread over the peers. Peers are processes of their own on this
 * machine, each with the adapter that it finds.
 *
 * A figure counts only where every job came to its end as `completed`.
 */
import { Cluster, type ClusterPeer } from '../demo/cluster.ts'
import { type Figures, figuresOf } from './figures.ts'
import { benchJob, withNonce } from './job.ts'

export interface SubmitOptions {
  readonly peers: number
  /** Jobs one after the other, timed. */
  readonly runs: number
  /** Quick jobs at once, for one peer each. */
  readonly jobs: number
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export interface SubmitTable {
  /** Until the first peer says that it runs: its members are chosen, ready, and that is committed. */
  readonly running: Figures
  /** Until the first steps are trained and merged. */
  readonly progress: Figures
  readonly spread: readonly PeerShare[]
}

export interface PeerShare {
  readonly peerId: string
  /** Measured samples per second, as the peer tells the scheduler. */
  readonly speed: number
  readonly jobs: number
}

/** A small job on a machine that is busy with other things; far more than it takes. */
const JOB_TIMEOUT_MS = 120_000

interface Milestones {
  runningAt: number | null
  progressAt: number | null
  endedAs: string | null
}

export async function measureSubmit({ peers, runs, jobs, signal, say }: SubmitOptions): Promise<SubmitTable> {
  const milestones = new Map<string, Milestones>()
  let onEvent = (): void => {}
  const cluster = await Cluster.create({
    signal,
    onLog: (line, peer) => say(`${peer.name}: ${line}`),
    onEvent: (event) => {
      const now = performance.now()
      if (event.event !== 'job.state' && event.event !== 'job.progress') return
      const seen = milestones.get(event.jobId) ?? { runningAt: null, progressAt: null, endedAs: null }
      milestones.set(event.jobId, seen)
      if (event.event === 'job.progress') seen.progressAt ??= now
      else if (event.state === 'running') seen.runningAt ??= now
      else if (event.state === 'completed' || event.state === 'failed' || event.state === 'cancelled') seen.endedAs ??= event.state
      onEvent()
    },
  })

  const completed = (jobIds: readonly string[]): Promise<void> =>
    new Promise((done, failed) => {
      const fail = (message: string): void => failed(Object.assign(new Error(message), { code: 'WRONG_RESULT' }))
      const timer = setTimeout(() => fail(`not completed within ${JOB_TIMEOUT_MS / 1000} s: ${jobIds.filter(open).join(', ')}`), JOB_TIMEOUT_MS)
      const abort = (): void => failed(signal.reason as Error)
      const open = (jobId: string): boolean => milestones.get(jobId)?.endedAs == null
      signal.addEventListener('abort', abort, { once: true })
      onEvent = () => {
        const wrong = jobIds.find((jobId) => !open(jobId) && milestones.get(jobId)?.endedAs !== 'completed')
        if (wrong !== undefined) fail(`job ${wrong} is ${milestones.get(wrong)?.endedAs}`)
        else if (jobIds.some(open)) return
        else done()
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
        onEvent = () => {}
      }
      onEvent()
    })

  try {
    say(`starting ${peers} peers`)
    await cluster.start(peers)
    await cluster.settled()
    const toAll = await benchJob('bench-submit')
    const toOne = await benchJob('bench-spread', { peers: { min: 1, max: 1 } })
    const submit = async (peer: ClusterPeer, spec: object, run: number): Promise<string> => (await peer.once('submit', { spec: withNonce(spec, run) })).jobId
    const peerOf = (run: number): ClusterPeer => cluster.peers[run % cluster.peers.length] as ClusterPeer

    say('warming up: every peer trains once alone, and once with the others')
    for (let run = 0; run < peers; run++) await completed([await submit(peerOf(run), toOne, run)])
    await completed([await submit(peerOf(0), toAll, 0)])

    const runningMs: number[] = []
    const progressMs: number[] = []
    for (let run = 1; run <= runs; run++) {
      signal.throwIfAborted()
      const startedAt = performance.now()
      const jobId = await submit(peerOf(run), toAll, run)
      await completed([jobId])
      const { runningAt, progressAt } = milestones.get(jobId) as Milestones
      if (runningAt === null || progressAt === null) throw Object.assign(new Error(`job ${jobId} is completed and never ran`), { code: 'WRONG_RESULT' })
      runningMs.push(runningAt - startedAt)
      progressMs.push(progressAt - startedAt)
      say(`job ${run} of ${runs}: running after ${(runningAt - startedAt).toFixed(0)} ms, first steps after ${(progressAt - startedAt).toFixed(0)} ms`)
    }

    say(`${jobs} jobs at once, for one peer each`)
    const jobIds = await Promise.all(Array.from({ length: jobs }, (_, i) => submit(peerOf(i), toOne, i)))
    await completed(jobIds)
    const details = await Promise.all(jobIds.map((jobId) => peerOf(0).once('job', { jobId, current: true })))
    const trainers = details.map(({ jobId, receipts }) => {
      const [first, ...others] = receipts
      if (first === undefined || others.length > 0) {
        throw Object.assign(new Error(`job ${jobId} was for one peer and has ${receipts.length} receipts`), { code: 'WRONG_RESULT' })
      }
      return first.peerId
    })
    const list = await peerOf(0).once('peers', {})
    const spread = list.map(({ peerId, speed }) => ({ peerId, speed, jobs: trainers.filter((trainer) => trainer === peerId).length }))
    return { running: figuresOf(runningMs), progress: figuresOf(progressMs), spread: spread.sort((a, b) => b.speed - a.speed) }
  } finally {
    await cluster.stop()
  }
}
