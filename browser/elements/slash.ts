/** `/` puts the focus into the page's filter, unless somebody types or has turned single keys off. */
import type { ReactiveController, ReactiveControllerHost } from 'lit'

export interface SlashInit {
  readonly enabled: () => boolean
  readonly focus: () => void
}

export function slashFocuses(host: ReactiveControllerHost, { enabled, focus }: SlashInit): void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || !enabled()) return
    const busy = event
      .composedPath()
      .some((node) => node instanceof HTMLElement && (node.isContentEditable || /^(input|textarea|select|dialog)$/i.test(node.tagName)))
    if (busy) return
    event.preventDefault()
    focus()
  }
  const controller: ReactiveController = {
    hostConnected: () => document.addEventListener('keydown', onKey),
    hostDisconnected: () => document.removeEventListener('keydown', onKey),
  }
  host.addController(controller)
}
