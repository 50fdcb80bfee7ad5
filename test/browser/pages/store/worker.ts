/** Opens a blob by its location, as the compute Worker does, and says what it found. */
import { readBlobInWorker } from '../../../../browser/store/blob-location.ts'
import { hashOfBytes } from '../../../../browser/store/hash.ts'

self.onmessage = (event: MessageEvent<string>) => {
  void readBlobInWorker(event.data).then(
    async (bytes) => self.postMessage({ sha256: await hashOfBytes(bytes) }),
    (error: Error & { code?: string }) => self.postMessage({ error: { code: error.code ?? '', message: error.message } }),
  )
}
