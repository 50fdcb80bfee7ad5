/**
 * What surrounds a tab and changes by itself: whether it is seen, the battery, the network, the hands of its user, and the
 * page's own life. Behind one interface, because a headless browser is always visible and never on battery.
 */
import type { BatteryState } from './contribution-core.ts'

export interface Environment {
  readonly visible: boolean
  readonly online: boolean
  readonly battery: BatteryState
  /** Visibility, network or battery have changed. Each of these returns a function that takes the listener off again. */
  onChange(listener: () => void): () => void
  /** Somebody points, types or scrolls; not more often than a few times a second. */
  onInput(listener: () => void): () => void
  /** The page is about to be frozen or closed: the last moment to say something. */
  onLeave(listener: () => void): () => void
  /** The page is back: thawed, or shown again from the history. */
  onBack(listener: () => void): () => void
  /** Holds the screen awake while the page is visible, until it is called with false. */
  keepAwake(on: boolean): void
  stop(): void
}

/** The one kind of battery there is where the browser does not say. */
export const MAINS: BatteryState = { supported: false, charging: true, level: 1 }

const INPUT_EVERY_MS = 250
const INPUTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

interface BatteryManager extends EventTarget {
  readonly charging: boolean
  readonly level: number
}

export function browserEnvironment(): Environment {
  return new BrowserEnvironment()
}

class BrowserEnvironment implements Environment {
  readonly #ended = new AbortController()
  readonly #changeListeners = new Set<() => void>()
  readonly #inputListeners = new Set<() => void>()
  readonly #leaveListeners = new Set<() => void>()
  readonly #backListeners = new Set<() => void>()
  #battery: BatteryManager | null = null
  #wantsAwake = false
  #wakeLock: WakeLockSentinel | null = null
  #lastInputMs = Number.NEGATIVE_INFINITY

  constructor() {
    const { signal } = this.#ended
    const tell = (listeners: ReadonlySet<() => void>) => (): void => {
      for (const listener of [...listeners]) listener()
    }
    const changed = tell(this.#changeListeners)
    const leaving = tell(this.#leaveListeners)
    const back = tell(this.#backListeners)
    document.addEventListener(
      'visibilitychange',
      () => {
        // The browser takes the wake lock from a hidden page.
        void this.#holdAwake()
        changed()
      },
      { signal },
    )
    for (const name of ['online', 'offline']) addEventListener(name, changed, { signal })
    // Page Lifecycle: `freeze` and `resume` come on the document, and only in Chromium.
    document.addEventListener('freeze', leaving, { signal })
    document.addEventListener('resume', back, { signal })
    addEventListener('pagehide', leaving, { signal })
    addEventListener('pageshow', (event) => event.persisted && back(), { signal })
    const input = tell(this.#inputListeners)
    const throttled = (event: Event): void => {
      if (event.timeStamp - this.#lastInputMs < INPUT_EVERY_MS) return
      this.#lastInputMs = event.timeStamp
      input()
    }
    for (const name of INPUTS) addEventListener(name, throttled, { signal, capture: true, passive: true })
    void this.#watchBattery(changed)
  }

  get visible(): boolean {
    return document.visibilityState === 'visible'
  }

  get online(): boolean {
    return navigator.onLine
  }

  get battery(): BatteryState {
    const battery = this.#battery
    return battery === null ? MAINS : { supported: true, charging: battery.charging, level: battery.level }
  }

  onChange(listener: () => void): () => void {
    return added(this.#changeListeners, listener)
  }

  onInput(listener: () => void): () => void {
    return added(this.#inputListeners, listener)
  }

  onLeave(listener: () => void): () => void {
    return added(this.#leaveListeners, listener)
  }

  onBack(listener: () => void): () => void {
    return added(this.#backListeners, listener)
  }

  keepAwake(on: boolean): void {
    if (this.#wantsAwake === on) return
    this.#wantsAwake = on
    void this.#holdAwake()
  }

  stop(): void {
    this.#ended.abort()
    this.keepAwake(false)
  }

  async #watchBattery(changed: () => void): Promise<void> {
    const { getBattery } = navigator as { readonly getBattery?: () => Promise<BatteryManager> }
    if (getBattery === undefined) return
    try {
      const battery = await getBattery.call(navigator)
      if (this.#ended.signal.aborted) return
      this.#battery = battery
      for (const name of ['chargingchange', 'levelchange']) battery.addEventListener(name, changed, { signal: this.#ended.signal })
      changed()
    } catch {
      // Forbidden by the page's policy: as where there is none.
    }
  }

  async #holdAwake(): Promise<void> {
    const wanted = this.#wantsAwake && this.visible
    if (!wanted) {
      const held = this.#wakeLock
      this.#wakeLock = null
      await held?.release().catch(() => {})
      return
    }
    if (this.#wakeLock !== null && !this.#wakeLock.released) return
    try {
      const lock = await (navigator.wakeLock as WakeLock | undefined)?.request('screen')
      if (lock === undefined) return
      if (this.#wantsAwake && this.visible) this.#wakeLock = lock
      else await lock.release()
    } catch {
      // Refused, on low battery for one: a comfort, not a promise.
    }
  }
}

function added(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
