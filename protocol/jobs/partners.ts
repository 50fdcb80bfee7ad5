/**
 * With whom a peer works: the other members of its jobs, and all members where it coordinates.
 */
import { isTerminal, type JobRecord } from './record.ts'

export function partnersOf(records: Iterable<Pick<JobRecord, 'members' | 'state'>>, self: string, leads: boolean): Set<string> {
  const partners = new Set<string>()
  for (const record of records) {
    const { members } = record
    if (isTerminal(record) || !(leads || members.some(({ peerId }) => peerId === self))) continue
    for (const { peerId } of members) partners.add(peerId)
  }
  partners.delete(self)
  return partners
}
