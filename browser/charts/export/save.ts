/** Hands a file to the browser's downloads. */
import type { ExportFile } from './types.ts'

/** Long enough for slow browsers to have started reading. */
const REVOKE_MS = 30_000

export function saveFile({ name, blob }: ExportFile): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS)
}
