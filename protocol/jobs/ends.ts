/**
 * How a job ended, for peers of another line: the entry that ended it, with the signatures of a majority of the voters that
 * committed it. The coordinator commits the proof behind the entry, so that it lies in every copy of the record and goes
 * wherever the record goes.
 */
import { verifyCertificate } from '../coordinator/claim.ts'
import { certificateOf, type EntryProof } from '../coordinator/entry-proof.ts'
import type { LogEntry } from '../coordinator/types.ts'
import type { JobCommand } from './commands.ts'
import * as C from './constants.ts'
import { type EndProof, isTerminal, type JobRecord } from './record.ts'
import type { Registry } from './registry.ts'

/** Whether a command ends a job by the word of the coordinator alone. Who cancels has signed for it. */
function ends(command: JobCommand): command is JobCommand & { type: 'complete' | 'fail' } {
  return command.type === 'complete' || (command.type === 'fail' && !command.retry)
}

/** Whether the command in a proof is the one that made this record what it is. Says nothing about the signatures. */
export function tellsOf(proof: EndProof, record: Pick<JobRecord, 'jobId' | 'attempt' | 'state' | 'reason' | 'result'>): boolean {
  let command: JobCommand
  try {
    command = JSON.parse(proof.command) as JobCommand
  } catch {
    return false
  }
  if (!ends(command) || command.jobId !== record.jobId || command.attempt !== record.attempt) return false
  if (command.type === 'fail') return record.state === 'failed' && command.reason === record.reason
  return record.state === 'completed' && record.result !== null && holds(command.result, record.result)
}

/** Every field of `part` has the same value in `whole`: a newer version may know more fields. */
function holds(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return whole === part
  if (typeof whole !== 'object' || whole === null) return false
  return Object.entries(part).every(([key, value]) => holds((whole as Record<string, unknown>)[key], value))
}

/** The voters whose signatures hold; throws `FORGED_CERTIFICATE` where they are no majority. */
export async function signersOf(proof: EndProof): Promise<readonly string[]> {
  return [...(await verifyCertificate(certificateOf(proof, new TextEncoder().encode(proof.command))))]
}

/** Jobs that have ended and whose record holds no proof of it yet. Every peer keeps them in mind; who coordinates proves them. */
export class Endings {
  private readonly open = new Map<string, { readonly entry: LogEntry; proposedAt: number }>()

  /** After a command has been applied. */
  applied(entry: LogEntry, command: JobCommand, registry: Pick<Registry, 'get'>): void {
    if (!('jobId' in command)) return
    const record = registry.get(command.jobId)
    if (record === undefined || record.proof !== undefined) this.open.delete(command.jobId)
    // Applied too late, it is not what ended the job.
    else if (ends(command) && isTerminal(record) && !this.open.has(command.jobId)) this.open.set(command.jobId, { entry, proposedAt: -Infinity })
  }

  clear(): void {
    this.open.clear()
  }

  /** The coordinator's: proofs to commit now. */
  due(now: number, wall: number, registry: Pick<Registry, 'get'>, proofOf: (index: number) => EntryProof | null): JobCommand[] {
    return [...this.open].flatMap(([jobId, ending]) => {
      const record = registry.get(jobId)
      const { entry } = ending
      if (record === undefined || record.proof !== undefined) {
        this.open.delete(jobId)
        return []
      }
      if (now - ending.proposedAt < C.PROPOSAL_TIMEOUT_MS || entry.body.kind !== 'command') return []
      const proved = proofOf(entry.index)
      if (proved === null) return []
      const proof: EndProof = { ...proved, command: new TextDecoder().decode(entry.body.command) }
      if (!tellsOf(proof, record)) {
        this.open.delete(jobId)
        return []
      }
      ending.proposedAt = now
      return [{ type: 'proved', jobId, proof, at: wall }]
    })
  }
}
