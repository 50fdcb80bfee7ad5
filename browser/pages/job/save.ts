/** Handing a file to the person, by a link that is pressed for them. */

/** Long enough for any browser to have opened the blob. */
const REVOKE_AFTER_MS = 60_000

export function saveFile(name: string, bytes: Uint8Array, type = 'application/octet-stream'): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS)
}

/** The job's name without what file systems refuse. */
export function weightsFileName(name: string, jobId: string): string {
  const plain = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '')
  return `${plain === '' ? 'job' : plain}-${jobId.slice(0, 8)}.safetensors`
}
