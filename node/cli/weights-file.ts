/**
 * Fetches a completed job's weights through a peer, piece by piece, and checks them against their hash.
 */
import { createHash } from 'node:crypto'
import { FailedError } from './errors.ts'
import type { MeshClient } from './mesh-client.ts'

const PIECE_BYTES = 512 * 1024

export async function downloadWeights(client: MeshClient, jobId: string): Promise<Uint8Array> {
  const { sha256, bytes } = await client.once('weights', { jobId })
  const whole = new Uint8Array(bytes)
  for (let offset = 0; offset < bytes; ) {
    const { base64 } = await client.once('read', { sha256, offset, length: Math.min(PIECE_BYTES, bytes - offset) })
    const piece = Buffer.from(base64, 'base64')
    if (piece.byteLength === 0) throw new FailedError(`weights of job ${jobId}: the peer sent ${offset} of ${bytes} bytes`, 'INCOMPLETE')
    whole.set(piece, offset)
    offset += piece.byteLength
  }
  const hash = createHash('sha256').update(whole).digest('hex')
  if (hash !== sha256) throw new FailedError(`weights of job ${jobId}: expected sha256 ${sha256}, got ${hash}`, 'CORRUPT')
  return whole
}
