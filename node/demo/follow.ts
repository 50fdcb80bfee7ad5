/**
 * Follows a job through a cluster of which any peer may die: when the peer that is asked goes away another one is, and
 * nothing is told twice.
 */
import type { JobEvent, JobResultEvent } from '../../protocol/events/types.ts'
import type { Cluster, ClusterPeer } from './cluster.ts'

export interface Followed {
  readonly result: JobResultEvent | null
  readonly state: string
  readonly reason: string | null
}

const RETRY_MS = 300
/** Another peer is asked when one has told nothing for so long. */
const SILENCE_MS = 8000

export async function follow(cluster: Cluster, jobId: string, signal: AbortSignal, onEvent: (event: JobEvent) => void): Promise<Followed> {
  let lastState = ''
  let lastRound = 0
  let lastStep = 0
  const news = (event: JobEvent): boolean => {
    if (event.event === 'job.state') {
      const key = `${event.state}/${event.attempt}`
      if (key === lastState) return false
      lastState = key
    } else if (event.event === 'job.round' && event.committed) {
      if (event.round <= lastRound) return false
      lastRound = event.round
    } else if (event.event === 'job.progress') {
      if (event.step <= lastStep) return false
      lastStep = event.step
    }
    return true
  }
  let asked: ClusterPeer | undefined
  for (;;) {
    signal.throwIfAborted()
    const { living } = cluster
    if (living.length === 0) throw new Error('all peers are gone')
    // Not the one that has just failed, if there is another.
    asked = living.find((peer) => peer !== asked) ?? living[0]
    // A peer that is frozen neither answers nor goes away.
    const patience = new AbortController()
    let timer = setTimeout(() => patience.abort(), SILENCE_MS)
    try {
      for await (const event of (asked as ClusterPeer).ask('watch', { jobId }, AbortSignal.any([signal, patience.signal]))) {
        clearTimeout(timer)
        timer = setTimeout(() => patience.abort(), SILENCE_MS)
        const told = event as JobEvent
        if (news(told)) onEvent(told)
        if (told.event === 'job.result') return { result: told, state: 'completed', reason: null }
        if (told.event === 'job.state' && (told.state === 'failed' || told.state === 'cancelled')) {
          return { result: null, state: told.state, reason: told.reason ?? null }
        }
      }
    } catch {
      signal.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    } finally {
      clearTimeout(timer)
    }
  }
}
