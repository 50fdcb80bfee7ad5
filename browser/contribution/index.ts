/**
 * Contributing under control: what the owner of this tab said, what is so, what follows.
 *
 * @packageDocumentation
 */
export { type BatteryState, type Decision, decide, type Facts, INITIAL_FACTS, type Intent, OFF, refusal, stepIntent } from './contribution-core.ts'
export { ContributionController, type ContributionControllerInit, type ContributionEffects, ContributionRefused, type SessionFacts } from './controller.ts'
export { browserEnvironment, type Environment } from './environment.ts'
