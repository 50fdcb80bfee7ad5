/**
 * Dawn and drivers write warnings about their own limits straight to the process's stderr ("maxDynamicUniformBuffers…
 * artificially reduced"), where they would tear progress bars and alarm people. While an adapter is asked for, stderr is
 * pointed at /dev/null. `CYXWIZ_GPU_WARNINGS=1` leaves it alone. Where that cannot be done, the warnings show: no harm.
 *
 * What our own code writes to stderr in these milliseconds would be lost too: keep to the adapter request.
 */
import { closeSync, openSync } from 'node:fs'
import koffi from 'koffi'

interface Redirect {
  dup(descriptor: number): number
  dup2(from: number, to: number): number
}

const STDERR = 2
let redirect: Redirect | null | undefined
let depth = 0
let saved = -1

export async function silenced<T>(work: () => Promise<T>): Promise<T> {
  redirect ??= loadRedirect()
  if (redirect === null) return work()
  if (depth === 0) {
    saved = redirect.dup(STDERR)
    const nowhere = openSync('/dev/null', 'w')
    redirect.dup2(nowhere, STDERR)
    closeSync(nowhere)
  }
  depth += 1
  try {
    return await work()
  } finally {
    depth -= 1
    if (depth === 0) {
      redirect.dup2(saved, STDERR)
      closeSync(saved)
    }
  }
}

function loadRedirect(): Redirect | null {
  if (process.platform === 'win32' || process.env.CYXWIZ_GPU_WARNINGS) return null
  try {
    const libc = koffi.load(null)
    return { dup: libc.func('int dup(int descriptor)'), dup2: libc.func('int dup2(int from, int to)') }
  } catch {
    return null
  }
}
