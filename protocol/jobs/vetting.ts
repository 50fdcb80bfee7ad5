/**
 * What a leader put into the log is not believed for that: a job needs the signature of its submitter, and so does a change
 * that he asked for; records of another line need those under their specs and ends. Checked by every peer before it applies
 * an entry, by the bytes of the entry alone, so that all come to the same; an entry that fails is applied as if it were
 * empty. Whether the signer may do it is a question to the registry, which asks it when it applies the command.
 *
 * Of its own disk a peer takes the snapshot as it is: what it had applied before, it had checked. An entry is checked each
 * time it is read (0.5 ms a signature, on a busy core; the log behind a snapshot holds some hundred), a job in snapshots once.
 */
import type { LogEntry, RaftEffect } from '../coordinator/types.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { WireError } from '../wire/errors.ts'
import { idOf, verify } from '../wire/signed.ts'
import { decodeCommand, type JobCommand } from './commands.ts'
import { signersOf, tellsOf } from './ends.ts'
import { checkCancelled, checkedRecord } from './imported.ts'
import type { JobRecord } from './record.ts'
import { parseJobSpec } from './spec.ts'

/** Jobs in snapshots that were found good: most of the next snapshot is what was in the last one. */
const MAX_KNOWN_JOBS = 100_000
/** Some 25 ms of work between two moments for others: a mesh of ten thousand jobs takes seconds. */
const JOBS_AT_A_TIME = 50

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
      return forged(command.type, 'of jobs', checkAllImported(command.records))
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

async function checkSpec(signed: string, jobId: string): Promise<SaidOfIt> {
  const bytes = base64ToBytes(signed)
  const { signer: submitter, payload } = await verify(bytes, 'cyxwiz/job/1')
  if (idOf(bytes) !== jobId) throw new Error('is not the hash of its spec')
  const { name, totalSteps, batchSize } = parseJobSpec(JSON.parse(new TextDecoder().decode(payload)))
  return { submitter, name, totalSteps, batchSize }
}

/** What a record says of its job for quick reading, and the signed spec for good. */
type SaidOfIt = Pick<JobRecord, 'submitter' | 'name' | 'totalSteps' | 'batchSize'>

function checkSaid(said: SaidOfIt, spec: SaidOfIt): void {
  for (const key of ['submitter', 'name', 'totalSteps', 'batchSize'] as const) {
    if (said[key] !== spec[key]) throw new Error(`${key} is ${said[key]}, and ${spec[key]} in the signed spec`)
  }
}

/** `async`, so that even what is no list is refused like everything else. */
async function checkAllImported(records: readonly JobRecord[]): Promise<void> {
  await Promise.all(records.map(checkImported))
}

/** As the coordinator has checked it; whose signatures count is its to judge, but that somebody signed, or nobody, shows. */
async function checkImported(record: JobRecord): Promise<void> {
  checkSaid(record, await checkedRecord(record, anyModel))
  const { state, proof, unproved } = record
  if ((state === 'completed' || state === 'failed') && proof === undefined && unproved !== true) throw new Error(`is ${state}, and nobody has signed for it`)
}

async function checkWord(signed: string | undefined): Promise<void> {
  if (signed === undefined) throw new Error('without the signed word of its submitter')
  const { payload } = await verify(base64ToBytes(signed), 'cyxwiz/action/1')
  JSON.parse(new TextDecoder().decode(payload)) // the registry reads it
}

/** Of a record that somebody else made: its spec, and what it holds of signatures under its end. */
async function checkSignatures(record: JobRecord): Promise<void> {
  const { jobId, signed, state, submitter, cancelled, proof } = record
  checkSaid(record, await checkSpec(signed, jobId))
  if (state === 'cancelled') await checkCancelled(jobId, cancelled, submitter)
  if (proof === undefined) return
  if (!tellsOf(proof, record)) throw new Error(`is ${state}, and what was signed for is another end`)
  await signersOf(proof)
}

/** What is about to be applied on one peer. */
export class Vetting {
  private readonly refused = new Map<number | string, WireError>()
  private readonly known = new Set<string>()
  private readonly pause: () => Promise<void>

  /** `pause`: lets everything else have its turn. */
  constructor(pause: () => Promise<void>) {
    this.pause = pause
  }

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
    for (const [i, record] of jobs.entries()) {
      if (i % JOBS_AT_A_TIME === JOBS_AT_A_TIME - 1) await this.pause()
      const key = keyOf(record)
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

/** All that is checked of a record. */
function keyOf({ jobId, signed, submitter, name, totalSteps, batchSize, attempt, state, reason, result, cancelled, proof }: JobRecord): string {
  const checked = [jobId, signed, submitter, name, totalSteps, batchSize, state, cancelled, ...(proof === undefined ? [] : [proof, attempt, reason, result])]
  return idOf(new TextEncoder().encode(JSON.stringify(checked)))
}

function readable(bytes: Uint8Array): JobCommand | null {
  try {
    return decodeCommand(bytes)
  } catch {
    return null // whoever applies it says so
  }
}
