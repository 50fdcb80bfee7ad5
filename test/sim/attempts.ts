/**
 * No two live attempts of one job with the same fence, seen where they would begin: in what coordinators say. Under one
 * fence work is asked for only in the newest attempt that has been begun under it, and a membership of an attempt is one
 * group, from one step, whoever says so and however often.
 */
import type { Fence } from '../../protocol/coordinator/types.ts'
import type { JobEnvelope, JobMessageType } from '../../protocol/jobs/messages.ts'
import { Violation } from './world.ts'

/** Commands by which a peer works for an attempt; questions and stops may be about a former one. */
const WORK: ReadonlySet<JobMessageType> = new Set(['prepare', 'assign', 'go', 'evaluate'])

export class Attempts {
  /** By fence and job: the newest attempt that work was asked for. */
  private readonly newest = new Map<string, number>()
  /** By line, job, attempt and membership: who works in it, from which step. */
  private readonly groups = new Map<string, string>()

  /** `by`: the coordinator. */
  commands(by: string, fence: Fence, { jobId, attempt, message }: Pick<JobEnvelope, 'jobId' | 'attempt' | 'message'>): void {
    if (!WORK.has(message.type)) return
    const under = `${fence.epochId}/${fence.term}/${jobId}`
    const newest = this.newest.get(under) ?? 0
    if (attempt < newest) {
      const detail = `${by} says ${message.type} in attempt ${attempt} of job ${jobId} after one in attempt ${newest}, in term ${fence.term}`
      throw new Violation('one live attempt of a job per fence', detail)
    }
    this.newest.set(under, attempt)
    if (message.type !== 'assign') return
    const group = `${fence.epochId}/${jobId}/${attempt}/${message.membership}`
    const text = `${message.members.map(({ peerId, share }) => `${peerId}:${share}`).join()} from step ${message.startStep}`
    const known = this.groups.get(group) ?? text
    if (known !== text) {
      throw new Violation('one group per membership', `${by} assigns [${text}] to membership ${message.membership} of job ${jobId}, it was [${known}]`)
    }
    this.groups.set(group, text)
  }
}
