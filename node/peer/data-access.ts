/**
 * Bytes on this machine by their hash: the blob store, then installed data sets. Both serve other peers too.
 */
import { open } from 'node:fs/promises'
import type { ContentSource } from '../../protocol/content/service.ts'
import type { DataAccess } from '../../protocol/training/compute-provider.ts'
import { listDatasets, resolveDataset } from '../data/datasets.ts'
import type { BlobFolder } from '../store/blobs.ts'

export class NativeData implements DataAccess, ContentSource {
  private readonly blobs: BlobFolder

  constructor(blobs: BlobFolder) {
    this.blobs = blobs
  }

  async locate({ sha256 }: { sha256: string; bytes: number }): Promise<string | null> {
    if (await this.blobs.has(sha256)) return this.blobs.path(sha256)
    return (await this.installed(sha256))?.location ?? null
  }

  async sizeBytes(sha256: string): Promise<number | null> {
    return (await this.installed(sha256))?.bytes ?? null
  }

  async read(sha256: string, offset: number, length: number): Promise<Uint8Array> {
    const part = await this.installed(sha256)
    if (part === null) throw new Error(`no installed data set has the content ${sha256}`)
    const file = await open(part.location)
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  }

  private async installed(sha256: string): Promise<{ location: string; bytes: number } | null> {
    for (const dataset of listDatasets()) {
      if (!dataset.installed) continue
      const part = (await resolveDataset(dataset.name)).parts.find((candidate) => candidate.sha256 === sha256)
      if (part !== undefined) return { location: part.location, bytes: part.bytes }
    }
    return null
  }
}
