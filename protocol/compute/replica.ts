/**
 * The host's copy of a model in merged training: parameters and optimizer state of the current step and of the one
 * before. Every member applies the same merged gradient with the same f32 arithmetic, so all copies are bitwise equal;
 * the version before is kept so that members that are one step apart when somebody dies can agree on either. Whether a
 * step is taken at all is read off the same merged bytes.
 *
 * Invariant: steps are applied strictly in order.
 */
import type { OptimizerState } from '../../kernels/engine/types.ts'
import type { GuardRule, GuardState } from '../../kernels/optim/guard.ts'
import { ComputeError } from './errors.ts'
import type { ComputeKernels, HostOptimizerLike } from './kernels.ts'

export interface ModelVersion {
  readonly step: number
  /** `[vectorLength]` f32 */
  readonly parameters: Float32Array
  readonly state: OptimizerState
  readonly guard: GuardState
}

export type GuardKernels = Pick<ComputeKernels<unknown>, 'judgeStep' | 'allFinite' | 'stopReason'>

export class Replica {
  readonly #optimizer: HostOptimizerLike
  readonly #kernels: GuardKernels
  readonly #rule: GuardRule
  #current: ModelVersion
  /** The version before `current`, or, with another step number, memory to write the next one into. */
  #other: ModelVersion | null = null
  #canRollBack = false

  /** Takes the vectors over. */
  constructor(optimizer: HostOptimizerLike, kernels: GuardKernels, rule: GuardRule, version: ModelVersion) {
    this.#optimizer = optimizer
    this.#kernels = kernels
    this.#rule = rule
    this.#current = version
  }

  get step(): number {
    return this.#current.step
  }

  get current(): ModelVersion {
    return this.#current
  }

  /**
   * `gradientSum`: `[vectorLength]`, summed over all members; `weight`: what the loss counted over all. False: the sum was
   * not finite, and the step was left out. Throws NON_FINITE where that ends the run.
   */
  apply(step: number, gradientSum: Float32Array, weight: number): boolean {
    const { parameters, state, guard: before } = this.#current
    this.expectNext(step, 'apply')
    if (gradientSum.length !== parameters.length) {
      throw new ComputeError('BAD_VECTOR', `apply: the gradient has ${gradientSum.length} elements, the model ${parameters.length}`, {
        expected: parameters.length,
        actual: gradientSum.length,
      })
    }
    if (!(weight >= 0 && Number.isFinite(weight)))
      throw new ComputeError('BAD_VECTOR', `apply: weight must be a finite number of at least 0, got ${weight}`, {})
    const { verdict, state: guard } = this.#kernels.judgeStep(this.#rule, before, this.#kernels.allFinite(gradientSum))
    if (verdict === 'stopped') throw new ComputeError('NON_FINITE', this.#kernels.stopReason(this.#rule, step, 'merged gradient', null), { step })
    const into = this.#other ?? { parameters: new Float32Array(parameters.length), state: this.#optimizer.createState() }
    if (verdict === 'taken') this.#optimizer.apply(step, parameters, gradientSum, weight, state, into, before.skippedSteps)
    else {
      into.parameters.set(parameters)
      for (const [name, vector] of Object.entries(into.state)) vector.set(state[name] as Float32Array)
    }
    this.#other = this.#current
    this.#current = { step, parameters: into.parameters, state: into.state, guard }
    this.#canRollBack = true
    return verdict === 'taken'
  }

  rollback(step: number): void {
    if (step === this.step) return
    if (step !== this.step - 1 || !this.#canRollBack || this.#other === null) {
      const have = this.#canRollBack ? `${this.step - 1} and ${this.step}` : `only ${this.step}`
      throw new ComputeError('OUT_OF_ORDER', `rollback: step ${step} is not kept, ${have} ${this.#canRollBack ? 'are' : 'is'}`, { step, current: this.step })
    }
    const undone = this.#current
    this.#current = this.#other
    this.#other = undone
    this.#canRollBack = false
  }

  /** Starts over from another version (imported, or trained on the GPU). Takes the vectors over. */
  replace(version: ModelVersion): void {
    this.#current = version
    this.#canRollBack = false
  }

  expectNext(step: number, what: string): void {
    if (step === this.step + 1) return
    throw new ComputeError('OUT_OF_ORDER', `${what}: step ${step} does not follow step ${this.step}, the last one applied`, { step, current: this.step })
  }
}
