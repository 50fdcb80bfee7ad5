/**
 * Where events go: one JSON object per line on stdout for programs (DESIGN 8.4), lines and a progress bar for people.
 */
import type { CyxEvent } from '../../protocol/events/types.ts'

export interface EventSink {
  emit(event: CyxEvent): void
  /** Takes progress bars off the screen; nothing may be emitted afterwards. */
  close(): void
}

/** What a sink writes to: `process.stdout`, or a string in tests. */
export interface TextOutput {
  write(text: string): unknown
}

/** `time` and `event` come first, then the fields in the order in which they were given. */
export function jsonLine(event: CyxEvent, now: Date): string {
  const { event: name, ...rest } = event
  return `${JSON.stringify({ time: now.toISOString(), event: name, ...rest })}\n`
}

export function jsonSink(output: TextOutput, now: () => Date = () => new Date()): EventSink {
  return {
    emit: (event) => output.write(jsonLine(event, now())),
    close() {},
  }
}
