/**
 * Binds stores to a Lit element: it renders anew when one of them changes, and lets go when it leaves the page.
 *
 *   private readonly peers = new StoreController(this, () => [session.peers])
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Readable } from './store.ts'

export class StoreController implements ReactiveController {
  readonly #host: ReactiveControllerHost
  readonly #stores: () => readonly Readable<unknown>[]
  #unsubscribe: (() => void)[] = []

  constructor(host: ReactiveControllerHost, stores: () => readonly Readable<unknown>[]) {
    this.#host = host
    this.#stores = stores
    host.addController(this)
  }

  hostConnected(): void {
    this.#unsubscribe = this.#stores().map((store) => store.subscribe(() => this.#host.requestUpdate()))
  }

  hostDisconnected(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
  }
}
