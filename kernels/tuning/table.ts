/**
 * Which kernel variant is fastest on one adapter, by shape class: what was measured once and holds until the driver
 * changes. Plain data with a text form; where it is kept is the host's business.
 *
 * Invariant: a choice that a table has given is never changed while the table lives: the plans of a job that are compiled
 * at different times (another batch size, a lost device) choose alike. Who re-times starts a new table.
 */

export interface TunedChoice {
  readonly variant: string
  /** Median microseconds by variant; those that computed wrongly are missing. */
  readonly microseconds: Readonly<Record<string, number>>
  /** Variants that failed their check on this adapter, or did not compile, and why. */
  readonly rejected: Readonly<Record<string, string>>
}

/** Of the text form and of the kernels: choices of other versions are forgotten, their variants may be other kernels. */
export const TUNING_VERSION = 3

export class TuningTable {
  /** Adapter, driver and whatever else must be the same for a time to mean anything. */
  readonly adapter: string
  readonly #choices: Map<string, TunedChoice>
  /** Used before there was time to measure them: the guess stands while the table lives, and is not written down. */
  readonly #guessed = new Set<string>()

  constructor(adapter: string, choices: Iterable<readonly [string, TunedChoice]> = []) {
    this.adapter = adapter
    this.#choices = new Map(choices)
  }

  get(shapeClass: string): TunedChoice | undefined {
    return this.#choices.get(shapeClass)
  }

  /** Whether it is decided which variant runs. */
  has(shapeClass: string): boolean {
    return this.#choices.has(shapeClass) || this.#guessed.has(shapeClass)
  }

  /** The first choice stands, a guess too. */
  add(shapeClass: string, choice: TunedChoice): void {
    if (!this.has(shapeClass)) this.#choices.set(shapeClass, choice)
  }

  guess(shapeClass: string): void {
    if (!this.has(shapeClass)) this.#guessed.add(shapeClass)
  }

  entries(): readonly (readonly [string, TunedChoice])[] {
    return [...this.#choices].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  toText(): string {
    return JSON.stringify({ version: TUNING_VERSION, adapter: this.adapter, choices: Object.fromEntries(this.entries()) })
  }

  /** Empty for an unreadable text, another version, or another adapter or driver: then everything is measured anew. */
  static fromText(text: string | null, adapter: string): TuningTable {
    const stored = parse(text)
    if (stored === null || stored.version !== TUNING_VERSION || stored.adapter !== adapter) return new TuningTable(adapter)
    return new TuningTable(
      adapter,
      Object.entries(stored.choices ?? {}).filter(([, choice]) => isChoice(choice)),
    )
  }
}

function parse(text: string | null): { version?: unknown; adapter?: unknown; choices?: Record<string, TunedChoice> } | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}

function isChoice(value: unknown): value is TunedChoice {
  if (typeof value !== 'object' || value === null) return false
  const { variant, microseconds, rejected } = value as Record<string, unknown>
  return typeof variant === 'string' && typeof microseconds === 'object' && microseconds !== null && typeof rejected === 'object' && rejected !== null
}
