/** An environment that changes when a test or the fake session says so. */
import type { BatteryState } from './contribution-core.ts'
import { type Environment, MAINS } from './environment.ts'

export class FakeEnvironment implements Environment {
  visible = true
  online = true
  battery: BatteryState = MAINS
  awake = false
  stopped = false
  readonly #listeners = { change: new Set<() => void>(), input: new Set<() => void>(), leave: new Set<() => void>(), back: new Set<() => void>() }

  /** Sets and tells. */
  change(change: Partial<Pick<Environment, 'visible' | 'online' | 'battery'>>): void {
    Object.assign(this, change)
    this.tell('change')
  }

  tell(what: 'change' | 'input' | 'leave' | 'back'): void {
    for (const listener of [...this.#listeners[what]]) listener()
  }

  onChange(listener: () => void): () => void {
    return this.#add('change', listener)
  }

  onInput(listener: () => void): () => void {
    return this.#add('input', listener)
  }

  onLeave(listener: () => void): () => void {
    return this.#add('leave', listener)
  }

  onBack(listener: () => void): () => void {
    return this.#add('back', listener)
  }

  keepAwake(on: boolean): void {
    this.awake = on
  }

  stop(): void {
    this.stopped = true
  }

  #add(what: 'change' | 'input' | 'leave' | 'back', listener: () => void): () => void {
    this.#listeners[what].add(listener)
    return () => this.#listeners[what].delete(listener)
  }
}
