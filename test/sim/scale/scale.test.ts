/**
 * What a mesh costs a peer that only learns does not grow with the mesh. Small meshes, limits in messages and bytes; the
 * large ones are for `npm run sim:scale`.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { type SignedJob, signJob } from '../specs.ts'
import { measure, type ScaleFigures } from './measure.ts'

const MEMBERS = 8

describe('a mesh beyond forty peers', () => {
  let small: ScaleFigures
  let large: ScaleFigures

  beforeAll(async () => {
    const jobs: SignedJob[] = [await signJob(1, { peers: { min: MEMBERS, max: MEMBERS } })]
    small = measure(60, 1, jobs, MEMBERS)
    large = measure(120, 1, jobs, MEMBERS)
  })

  it('costs a learner gossip, a heartbeat and a few that it passes on, however many there are', () => {
    const [a, b] = [small.idle.learner, large.idle.learner]
    expect(b.all.messages.mean).toBeLessThan(1.15 * a.all.messages.mean)
    expect(b.all.bytes.mean).toBeLessThan(1.15 * a.all.bytes.mean)
    // Digests every other second, and every second a claim and how far the log is, with the signatures of three of five
    // voters each: all handed on by a handful of neighbours, twice.
    for (const { all, byKind } of [a, b]) {
      expect(byKind.presence.messages.mean).toBeLessThan(4)
      expect(byKind.presence.bytes.p99).toBeLessThan(2 * 1024)
      expect(all.messages.p99).toBeLessThan(100)
      expect(all.bytes.p99).toBeLessThan(80 * 1024)
    }
  })

  it('keeps a dozen connections or two for most', () => {
    expect(large.connections.mean).toBeLessThan(30)
  })

  it('finds a job its members, and a coordinator another one, as fast as a small one', () => {
    for (const { assignedMs, failover } of [small, large]) {
      for (const ms of assignedMs) expect(ms).toBeLessThan(2000)
      expect(failover.allMs).toBeLessThan(2000)
    }
  })

  it('takes nobody for gone by mistake, and everybody knows everybody', () => {
    for (const { falselyLeft, incomplete } of [small, large]) expect({ falselyLeft, incomplete }).toEqual({ falselyLeft: 0, incomplete: 0 })
  })
})
