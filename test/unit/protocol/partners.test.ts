/**
 * Whose connections a job needs.
 */
import { expect, it } from 'vitest'
import type { Member } from '../../../protocol/jobs/commands.ts'
import { partnersOf } from '../../../protocol/jobs/partners.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'

const job = (state: JobRecord['state'], ...peers: string[]): Pick<JobRecord, 'members' | 'state'> => ({
  state,
  members: peers.map((peerId) => ({ peerId }) as Member),
})

it('partners are the other members of live jobs, and all members where this peer coordinates', () => {
  const jobs = [job('running', 'a', 'b', 'c'), job('running', 'd', 'e'), job('completed', 'a', 'f')]
  expect([...partnersOf(jobs, 'a', false)].sort()).toEqual(['b', 'c'])
  expect([...partnersOf(jobs, 'x', false)]).toEqual([])
  expect([...partnersOf(jobs, 'a', true)].sort()).toEqual(['b', 'c', 'd', 'e'])
})
