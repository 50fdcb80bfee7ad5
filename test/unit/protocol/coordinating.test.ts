/** A peer that coordinates before it can tell what jobs take (a tab) begins when it can, and only if it still coordinates. */
import { expect, it } from 'vitest'
import { Coordinating, type CoordinatingComponents } from '../../../protocol/jobs/coordinating.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { ManualClock } from '../../manual-clock.ts'
import { signJob } from '../../sim/specs.ts'

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

async function coordinating() {
  const clock = new ManualClock()
  const registry = new Registry()
  const { jobId, signed } = await signJob(1)
  registry.apply({ type: 'submit', jobId, signed, at: 1 })
  let asked = 0
  const loads: { done: () => void; fail: (error: Error) => void }[] = []
  const components = {
    registry,
    clock,
    log: () => {},
    needOf: () => {
      asked += 1
      return { bytes: 1, vectorBytes: 4 }
    },
    loadSizes: () => new Promise<void>((done, fail) => void loads.push({ done, fail })),
    coordinator: () => ({ leads: true, fence: { epoch: 1, epochId: 'e', term: 1 }, propose: async () => 1 }),
    presence: () => ({ available: () => [] }),
    deliver: () => {},
    publish: () => {},
  } as unknown as CoordinatingComponents
  const core = new Coordinating(components)
  const begun = (): boolean => {
    core.tick()
    return asked > 0
  }
  return { core, clock, loads, begun }
}

it('begins when the sizes are there', async () => {
  const { core, loads, begun } = await coordinating()
  core.begin()
  expect(begun()).toBe(false)
  loads[0]?.done()
  await settled()
  expect(begun()).toBe(true)
})

it('tries again where they cannot be had', async () => {
  const { core, clock, loads, begun } = await coordinating()
  core.begin()
  loads[0]?.fail(new Error('nobody serves this page'))
  await settled()
  await clock.run(6000)
  expect(loads).toHaveLength(2)
  loads[1]?.done()
  await settled()
  expect(begun()).toBe(true)
})

it('does not begin, nor try again, when another peer coordinates by then', async () => {
  const { core, clock, loads, begun } = await coordinating()
  core.begin()
  core.end()
  loads[0]?.done()
  await settled()
  expect(begun()).toBe(false)
  core.begin()
  loads[1]?.fail(new Error('nobody serves this page'))
  await settled()
  core.end()
  await clock.run(20_000)
  expect(loads).toHaveLength(2)
})
