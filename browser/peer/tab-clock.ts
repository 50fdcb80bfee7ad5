/**
 * The clock of a tab's peer: its timers live in a small Worker, so that heartbeats and rounds go on while nobody looks at
 * the page (timer-worker.ts). Timers that are due at once stay on the page.
 */
import { type Clock, systemClock } from '../../protocol/clock.ts'

/** Below this a message to the Worker and back would cost more than it saves. */
const AT_ONCE_MS = 5

export interface TabClock extends Clock {
  stop(): void
}

export function startTabClock(): TabClock {
  const worker = new Worker(new URL('./timer-worker.ts', import.meta.url), { type: 'module', name: 'cyxwiz-timers' })
  const tasks = new Map<number, { readonly task: () => void; readonly repeat: boolean }>()
  let nextId = 1
  worker.addEventListener('message', (event: MessageEvent<number>) => {
    const timer = tasks.get(event.data)
    if (timer === undefined) return // cancelled while the message was on its way
    if (!timer.repeat) tasks.delete(event.data)
    timer.task()
  })
  const start = (ms: number, repeat: boolean, task: () => void): (() => void) => {
    const id = nextId
    nextId += 1
    tasks.set(id, { task, repeat })
    worker.postMessage({ id, ms, repeat })
    return () => {
      if (tasks.delete(id)) worker.postMessage({ id, cancel: true })
    }
  }
  return {
    now: systemClock.now,
    wall: systemClock.wall,
    every: (ms, task) => start(ms, true, task),
    after: (ms, task) => (ms < AT_ONCE_MS ? systemClock.after(ms, task) : start(ms, false, task)),
    stop() {
      tasks.clear()
      worker.terminate()
    },
  }
}
