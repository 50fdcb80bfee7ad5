/** System notifications of ended jobs, where the person allowed them and the page is not being looked at. */
import type { Session } from '../session/types.ts'

const OVER = new Set(['completed', 'failed', 'cancelled'])

export function notifyOfJobs(session: Session): () => void {
  const states = new Map(session.jobs.value.map(({ jobId, state }) => [jobId, state]))
  return session.jobs.subscribe(() => {
    for (const { jobId, name, state, reason } of session.jobs.value) {
      const before = states.get(jobId)
      states.set(jobId, state)
      // A job met for the first time has not just ended.
      if (before === undefined || before === state || !OVER.has(state)) continue
      if (!session.settings.value.notifications || !document.hidden || !('Notification' in window) || Notification.permission !== 'granted') continue
      new Notification(`${name} is ${state}`, { tag: jobId, ...(reason === undefined ? {} : { body: reason }) })
    }
  })
}
