/**
 * One row that says which rows of the raft tables there must be. It is written in the same transaction as they are, so that
 * a vote or an entry that is gone, and not only one that was changed, is found when the peer starts.
 */
import type { LogRange } from '../../protocol/raft-log.ts'
import { sumOf } from './checksums.ts'
import type { SqlFile } from './database.ts'
import { damaged } from './errors.ts'

export interface Seal {
  /** Null: the log is empty. */
  readonly range: LogRange | null
  /** Checksums of the two rows; null: there is none. */
  readonly state: string | null
  readonly snapshot: string | null
}

export function sealSum({ range, state, snapshot }: Seal): string {
  return sumOf(range?.first ?? null, range?.last ?? null, state, snapshot)
}

export function readSeal(file: SqlFile): Seal {
  const row = file.first('SELECT first, last, state, snapshot, sum FROM raft_seal WHERE id = 1')
  if (row === null) throw damaged(file.path, 'the seal of its log and vote is gone')
  const text = (value: unknown): string | null => (value === null ? null : String(value))
  const range = row.first === null ? null : { first: Number(row.first), last: Number(row.last) }
  const seal: Seal = { range, state: text(row.state), snapshot: text(row.snapshot) }
  if (sealSum(seal) !== row.sum) throw damaged(file.path, 'the seal of its log and vote is bad')
  return seal
}

/** Inside the transaction that changes what it stands for. */
export function writeSeal(file: SqlFile, seal: Seal): void {
  const { range, state, snapshot } = seal
  file.run('UPDATE raft_seal SET first = ?, last = ?, state = ?, snapshot = ?, sum = ? WHERE id = 1', [
    range?.first ?? null,
    range?.last ?? null,
    state,
    snapshot,
    sealSum(seal),
  ])
}
