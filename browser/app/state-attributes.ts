/**
 * The state of the tab as attributes of the outermost element, for whoever drives or watches the page from outside:
 * `data-phase`, `data-mesh`, `data-peer-id`, `data-coordinator`, `data-contribution`.
 */
import type { Session } from '../session/types.ts'

/** Until the returned function is called. */
export function reflectState(host: HTMLElement, session: Session): () => void {
  const { connection, coordinator, contribution } = session
  const show = (): void => {
    const { phase, mesh, peerId } = connection.value
    host.dataset.phase = phase
    host.dataset.mesh = mesh ?? ''
    host.dataset.peerId = peerId ?? ''
    host.dataset.coordinator = coordinator.value.peerId ?? ''
    host.dataset.contribution = contribution.value.phase
  }
  show()
  const stops = [connection, coordinator, contribution].map((store) => store.subscribe(show))
  return () => {
    for (const stop of stops) stop()
  }
}
