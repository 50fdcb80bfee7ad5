/**
 * How new an answer is: every peer answers from its own copy of what was committed and says how old that may be; with
 * `--current` the coordinator answers, once a majority has confirmed it.
 */
import type { Freshness } from '../../protocol/control/types.ts'
import { duration } from '../events/index.ts'
import type { MeshOptions } from './mesh-client.ts'

export interface ReadOptions extends MeshOptions {
  readonly current?: boolean
}

export const CURRENT_OPTION = ['--current', 'ask the coordinator, confirmed by a majority, and not the copy of the peer that is asked'] as const

export function readParams({ current }: ReadOptions): { readonly current?: true } {
  return current === true ? { current } : {}
}

/** A heartbeat comes every 150 ms: an answer younger than this is as good as new. */
const FRESH_MS = 2000

/** For people, a line below the answer; empty while it is fresh. */
export function ageNote(answer: Freshness | undefined, now = Date.now()): string {
  if (answer === undefined) return ''
  if (answer.asOf === null) return '\n\nas this peer last knew it: it has followed no coordinator since it started'
  const ageMs = now - Date.parse(answer.asOf)
  return ageMs < FRESH_MS ? '' : `\n\nas of ${duration(ageMs / 1000)} ago: this peer hears no coordinator`
}
