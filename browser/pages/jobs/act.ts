/** What the buttons of jobs do: pause and resume at once, cancel and remove with time to undo; faults become toasts. */
import type { JobAction } from '../../../protocol/jobs/actions.ts'
import type { Session } from '../../session/types.ts'
import { deferredActions, UNDO_MS } from './deferred.ts'

export type ToastLevel = 'info' | 'ok' | 'warn' | 'error'

export function toast(from: EventTarget, text: string, level: ToastLevel = 'info', undo?: () => void): void {
  from.dispatchEvent(new CustomEvent('cyx-toast', { detail: { text, level, undo }, bubbles: true, composed: true }))
}

export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export interface ActedJob {
  readonly jobId: string
  readonly name: string
}

export async function actOnJob(from: EventTarget, session: Session, job: ActedJob, action: JobAction): Promise<void> {
  // A page that was left meanwhile dispatches to nobody: what was around it hears it then.
  const root = from instanceof Node ? from.getRootNode() : document
  const around = root instanceof ShadowRoot ? root.host : document
  const say = (text: string, level: ToastLevel, undo?: () => void): void => {
    toast(from instanceof Node && !from.isConnected ? around : from, text, level, undo)
  }
  if (action === 'cancel' || action === 'remove') {
    const verb = action === 'cancel' ? 'cancelled' : 'removed'
    const undo = (): void => {
      if (deferredActions.undo(job.jobId)) say(`“${job.name}” stays as it is.`, 'info')
    }
    deferredActions.schedule(
      { jobId: job.jobId, action },
      () => session.act(job.jobId, action),
      (error) => say(`“${job.name}” was not ${verb}: ${error.message}`, 'error'),
    )
    say(`“${job.name}” will be ${verb} in ${UNDO_MS / 1000} seconds.`, 'warn', undo)
    return
  }
  try {
    await session.act(job.jobId, action)
    say(action === 'pause' ? `“${job.name}” pauses after its round.` : `“${job.name}” goes on.`, 'ok')
  } catch (cause) {
    say(`“${job.name}”: ${action} failed: ${messageOf(cause)}`, 'error')
  }
}
