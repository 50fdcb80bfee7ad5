/**
 * Computing in a tab: the Worker, the provider that the peer asks, and what to say where a browser cannot.
 *
 * @packageDocumentation
 * @example
 * const compute = new TabCompute({ clock, limits: { dutyPercent: 50, memoryLimitBytes: null } })
 * const { device, memory } = await compute.probe()   // the pre-flight card
 * await compute.enable()                             // after Contribute was pressed
 * compute.setLimits({ dutyPercent: 20 })             // at once
 * await compute.disable()
 */
export { TabCompute } from './provider.ts'
export { browserFacts, isPhone, webgpuProblem } from './support.ts'
