/**
 * The host's copy of a model in merged training: parameters and optimizer state of the current step and of the one
 * before. Every member applies the same merged gradient with the same f32 arithmetic, so all copies are bitwise equal;
 * the version before is kept so that members that are one step apart when somebody dies can agree on either.
 *
 * Invariant: steps are applied strictly in order.
 */
import type { OptimizerState } from '../../kernels/engine/types.ts'
import { ComputeError } from './errors.ts'
import type { HostOptimizerLike } from './kernels.ts'

export interface ModelVersion {
  readonly step: number
  /** `[vectorLength]` f32 */
  readonly parameters: Float32Array
  readonly state: OptimizerState
}

export class Replica {
  readonly #optimizer: HostOptimizerLike
  #current: ModelVersion
  /** The version before `current`, or, with another step number, memory to write the next one into. */
  #other: ModelVersion | null = null
  #canRollBack = false

  /** Takes the vectors over. */
  constructor(optimizer: HostOptimizerLike, version: ModelVersion) {
    this.#optimizer = optimizer
    this.#current = version
  }

  get step(): number {
    return this.#current.step
  }

  get current(): ModelVersion {
    return this.#current
  }

  /** `gradientSum`: `[vectorLength]`, summed over all members; `weight`: what the loss counted over all. */
  apply(step: number, gradientSum: Float32Array, weight: number): void {
    const { parameters, state } = this.#current
    this.expectNext(step, 'apply')
    if (gradientSum.length !== parameters.length) {
      throw new ComputeError('BAD_VECTOR', `apply: the gradient has ${gradientSum.length} elements, the model ${parameters.length}`, {
        expected: parameters.length,
        actual: gradientSum.length,
      })
    }
    if (!(weight >= 0 && Number.isFinite(weight)))
      throw new ComputeError('BAD_VECTOR', `apply: weight must be a finite number of at least 0, got ${weight}`, {})
    const into = this.#other ?? { parameters: new Float32Array(parameters.length), state: this.#optimizer.createState() }
    this.#optimizer.apply(step, parameters, gradientSum, weight, state, into)
    this.#other = this.#current
    this.#current = { step, parameters: into.parameters, state: into.state }
    this.#canRollBack = true
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
