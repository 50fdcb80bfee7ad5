/**
 * Contributing under control: what the owner of this tab said, what is so, what follows.
 *
 * @packageDocumentation
 * @example
 * const control = new ContributionController({ settings, environment: browserEnvironment(), clock, effects })
 * control.start()
 * await control.contribute()             // from the consent card only; rejects with what to do
 * control.update({ connected, peers, jobs })
 * control.decision.status                // "Training “digits” with at most 50 % of the GPU."
 */
export type { Decision } from './contribution-core.ts'
export { ContributionController } from './controller.ts'
export { browserEnvironment, type Environment } from './environment.ts'
