/**
 * Timers for a page in the background. Browsers slow the timers of a hidden page down to one a second, later one a minute;
 * those of a dedicated Worker go on, and messages are not delayed.
 */
type TimerRequest = { readonly id: number; readonly ms: number; readonly repeat: boolean } | { readonly id: number; readonly cancel: true }

const timers = new Map<number, ReturnType<typeof setTimeout>>()

addEventListener('message', (event: MessageEvent<TimerRequest>) => {
  const request = event.data
  if ('cancel' in request) {
    clearInterval(timers.get(request.id))
    timers.delete(request.id)
    return
  }
  const { id, ms, repeat } = request
  if (repeat)
    timers.set(
      id,
      setInterval(() => postMessage(id), ms),
    )
  else
    timers.set(
      id,
      setTimeout(() => {
        timers.delete(id)
        postMessage(id)
      }, ms),
    )
})

export {}
