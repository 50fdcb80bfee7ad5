/**
 * What a leader put into the log is not believed for that: a job needs the signature of its submitter, and so does a change
 * that he asked for; records of another line need those under their specs and ends. Checked by every peer before it applies
 * an entry, by the bytes of the entry alone, so that all come to the same; an entry that fails is applied as if it were
 * empty. Whether the signer may do it is a question to the registry, which asks it when it applies the command.
 *
 * Takes no part of a peer's own disk to task: what it had applied before, it had checked.
 */
import type { LogEntry, RaftEffect } from '../coordinator/types.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { WireError } from '../wire/errors.ts'
import { idOf, verify } from '../wire/signed.ts'
import { decodeCommand, type JobCommand } from './commands.ts'
import { signersOf } from './ends.ts'
import { checkCancelled, checkedRecord } from './imported.ts'
import type { JobRecord } from './record.ts'
import { parseJobSpec } from './spec.ts'

/** Jobs in snapshots that were found good: most of the next snapshot is what was in the last one. */
const MAX_KNOWN_JOBS = 100_000

/** Every model is somebody's business: that it can be built was checked before the job was committed. */
const anyModel = (): void => {}

/** Throws `FORGED_COMMAND` for a command whose signature does not hold; null: it carries none and needs none. */
export function vetCommand(command: JobCommand): Promise<void> | null {
  switch (command.type) {
    case 'submit':
      return forged(command.type, command.jobId, checkSpec(command.signed, command.jobId))
    case 'cancel':
    case 'pause':
    case 'resume':
    case 'remove':
      return forged(command.type, command.jobId, checkWord(command.signed))
    case 'proved':
      return forged(command.type, command.jobId, signersOf(command.proof))
    case 'import':
      return forged(command.type, `${command.records.length} jobs`, Promise.all(command.records.map((record) => checkedRecord(record, anyModel))))
    default:
      return null
  }
}

async function forged(type: string, what: string, checked: Promise<unknown>): Promise<void> {
  try {
    await checked
  } catch (cause) {
    throw new WireError('FORGED_COMMAND', `${type} ${what}: ${(cause as Error).message}`, 'penalise', { cause })
  }
}

async function checkSpec(signed: string, jobId: string): Promise<void> {
  const bytes = base64ToBytes(signed)
  const { payload } = await verify(bytes, 'cyxwiz/job/1')
  if (idOf(bytes) !== jobId) throw new Error('is not the hash of its spec')
  parseJobSpec(JSON.parse(new TextDecoder().decode(payload)))
}

async function checkWord(signed: string | undefined): Promise<void> {
  if (signed === undefined) throw new Error('without the signed word of its submitter')
  const { payload } = await verify(base64ToBytes(signed), 'cyxwiz/action/1')
  JSON.parse(new TextDecoder().decode(payload)) // the registry reads it
}

/** Of a record that somebody else made: its spec, and what it holds of signatures under its end. */
async function checkSignatures({ jobId, signed, state, submitter, cancelled, proof }: JobRecord): Promise<void> {
  await checkSpec(signed, jobId)
  if (state === 'cancelled') await checkCancelled(jobId, cancelled, submitter)
  if (proof !== undefined) await signersOf(proof)
}

/** What is about to be applied on one peer. */
export class Vetting {
  private readonly refused = new Map<number | string, WireError>()
  private readonly known = new Set<string>()

  /** Resolves when all has been checked; null: there is nothing to check. */
  check(effects: readonly RaftEffect[]): Promise<void> | null {
    const checks = effects.flatMap((effect) => {
      if (effect.type === 'restore') return [this.snapshot(effect.data)]
      return effect.type === 'committed' ? this.entry(effect.entry) : []
    })
    return checks.length === 0 ? null : Promise.all(checks).then(() => {})
  }

  /** Why an entry that was checked, by its index, or a job in a snapshot, by its id, is left out; asked once. */
  refusal(of: number | string): WireError | null {
    const error = this.refused.get(of) ?? null
    this.refused.delete(of)
    return error
  }

  private entry({ index, body }: LogEntry): Promise<void>[] {
    const command = body.kind === 'command' ? readable(body.command) : null
    const check = command === null ? null : vetCommand(command)
    return check === null ? [] : [check.catch((error: WireError) => void this.refused.set(index, error))]
  }

  private async snapshot(data: Uint8Array): Promise<void> {
    const { jobs } = JSON.parse(new TextDecoder().decode(data)) as { jobs: readonly JobRecord[] }
    for (const record of jobs) {
      const { jobId, signed, state, submitter, cancelled, proof } = record
      const key = idOf(new TextEncoder().encode(JSON.stringify([jobId, signed, state, submitter, cancelled, proof])))
      if (this.known.has(key)) continue
      try {
        await forged('snapshot with', record.jobId, checkSignatures(record))
        if (this.known.size >= MAX_KNOWN_JOBS) this.known.clear()
        this.known.add(key)
      } catch (error) {
        this.refused.set(record.jobId, error as WireError)
      }
    }
  }
}

function readable(bytes: Uint8Array): JobCommand | null {
  try {
    return decodeCommand(bytes)
  } catch {
    return null // whoever applies it says so
  }
}
