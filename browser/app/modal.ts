/** Puts a dialog element into a root, opens it, and takes it out again when it closes; focus goes back by itself. */
import type { LitElement } from 'lit'

export async function showModal(root: ParentNode, element: LitElement): Promise<void> {
  root.append(element)
  await element.updateComplete
  const dialog = element.renderRoot.querySelector('dialog')
  if (dialog === null) throw new Error(`${element.localName}: no <dialog> was rendered`)
  dialog.addEventListener('close', () => element.remove(), { once: true })
  dialog.showModal()
}
