/**
 * Decompresses gzip with the stream that Node and browsers have built in. The size of the result is limited: a
 * kilobyte of gzip can stand for a gigabyte.
 */
import { KernelError } from '../errors.ts'

/** Fashion-MNIST's largest file is 47 MB; the data of one job must fit the memory of a tab. */
export const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024

export async function gunzip(bytes: Uint8Array, label = 'gzip', limitBytes = MAX_UNPACKED_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader()
  const chunks: Uint8Array[] = []
  let total = 0
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      total += next.value.length
      if (total > limitBytes) {
        await reader.cancel()
        throw new KernelError('BAD_DATA', `${label}: unpacks to more than ${limitBytes} bytes`, { file: label })
      }
      chunks.push(next.value)
    }
  } catch (error) {
    if (error instanceof KernelError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new KernelError('BAD_DATA', `${label}: not a whole gzip file (${why})`, { file: label }, { cause: error })
  }
  const unpacked = new Uint8Array(total)
  let at = 0
  for (const chunk of chunks) {
    unpacked.set(chunk, at)
    at += chunk.length
  }
  return unpacked
}
