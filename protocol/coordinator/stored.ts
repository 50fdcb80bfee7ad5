/**
 * The core's state as stores keep it: entries as bytes, a snapshot as a header and its data.
 */
import type { RaftChange, RaftSnapshot } from '../store.ts'
import { WireError } from '../wire/errors.ts'
import { encodeBody } from './codec.ts'
import type { PersistRequest, StoredSnapshot } from './types.ts'

/** `epoch`: number of the present one, beside each entry for people who look into a store. */
export function changeOf({ hard, snapshot, truncateFrom, append }: PersistRequest, epoch: number): RaftChange {
  return {
    ...(hard === undefined ? {} : { hardState: { ...hard } }),
    ...(snapshot === undefined ? {} : storedSnapshot(snapshot)),
    ...(truncateFrom === undefined ? {} : { truncateFrom }),
    ...(append === undefined ? {} : { append: append.map(({ index, term, body }) => ({ index, term, epoch, data: encodeBody(body) })) }),
  }
}

function storedSnapshot(snapshot: StoredSnapshot | null): RaftChange {
  if (snapshot === null) return { snapshot: null }
  const { data, ...header } = snapshot
  return { snapshot: { header, data }, compactBelow: snapshot.base + 1 }
}

export function readSnapshot(stored: RaftSnapshot | null): StoredSnapshot | null {
  if (stored === null) return null
  const header = stored.header as Omit<StoredSnapshot, 'data'>
  if (header.hash === undefined)
    throw new WireError('UNKNOWN_VERSION', 'the snapshot in this data directory was written by an older version: start with a new one', 'ignore')
  return { ...header, data: stored.data }
}
