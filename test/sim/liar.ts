/**
 * A peer that serves its neighbours something else than what was committed, with the voters' own certificate on top.
 */
import type { RaftMessage } from '../../protocol/coordinator/types.ts'

export function twisted(message: RaftMessage): RaftMessage {
  if (message.type === 'feed' && message.entries.length > 0) {
    const [first, ...rest] = message.entries.map((entry) => ({ ...entry }))
    return { ...message, entries: [{ ...first, body: { kind: 'command', command: Uint8Array.of(66) } } as (typeof message.entries)[0], ...rest] }
  }
  return message.type === 'feedSnapshot' ? { ...message, data: message.data.map((byte) => byte ^ 1) } : message
}
