/** Reads a QR code from the camera where the browser can detect codes itself; elsewhere the dialog says so. */
interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>
}
type DetectorClass = new (options: { formats: readonly string[] }) => Detector

const LOOK_EVERY_MS = 250

const detectorClass = (): DetectorClass | undefined => (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector

export const canScan = (): boolean => detectorClass() !== undefined && navigator.mediaDevices !== undefined

/** Resolves with the first code seen; the camera is off again in every case. */
export async function scanLink(video: HTMLVideoElement, signal: AbortSignal): Promise<string> {
  const Detector = detectorClass()
  if (Detector === undefined) throw new Error('this browser cannot detect codes')
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  try {
    video.srcObject = stream
    await video.play()
    const detector = new Detector({ formats: ['qr_code'] })
    for (;;) {
      signal.throwIfAborted()
      const [code] = await detector.detect(video)
      if (code !== undefined) return code.rawValue
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  } finally {
    for (const track of stream.getTracks()) track.stop()
  }
}
