/** What would change it, for each reason not to compute. */
import type { ContributionReason } from '../../session/types.ts'

const FIXES: Readonly<Record<ContributionReason, string>> = {
  user: 'You paused it: press Resume.',
  schedule: 'It is outside the hours you set: change the schedule below.',
  battery: 'This computer runs on battery: plug it in, or allow battery below.',
  'in-use': 'You are using this tab, so the GPU is yours: it goes on when you stop, or turn the yielding off below.',
  hidden: 'The tab is hidden and the browser slows it down: bring it to the front.',
  memory: 'The memory you allow is too little for what waits: raise the limit below.',
  'no-peers': 'Nobody else is in the mesh yet: share the join link.',
  'no-job': 'No job waits that fits this GPU: it starts when one does.',
  'no-webgpu': 'This browser has no WebGPU: see the card beside.',
  'device-lost': 'The GPU was taken away by the system; it is opened again by itself. If not, reload the page.',
  quota: 'This browser’s storage is full: clear some in the settings.',
  'other-tab': 'Another tab of this browser contributes: one is enough.',
  phone: 'On a phone this page watches only.',
  offline: 'This tab is in no mesh: join one from the line above.',
}

/** Those for which this tab cannot contribute at all; the others pass. */
const REFUSALS: ReadonlySet<ContributionReason> = new Set(['phone', 'no-webgpu', 'other-tab'])

export const isRefusal = (reason: ContributionReason | null): boolean => reason !== null && REFUSALS.has(reason)

export const fixFor = (reason: ContributionReason): string => FIXES[reason]
