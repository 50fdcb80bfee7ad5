/**
 * Plain text as training windows: one token per byte (vocabulary 256), the last 10 % of the bytes held out. A window
 * of `nPositions` tokens predicts the same window one token later; windows lie side by side, the remainder is left out.
 */
import { KernelError } from '../errors.ts'
import type { Dataset, SplitDataset } from './types.ts'

export const BYTE_VOCABULARY = 256
/** DESIGN 8.3. Nine tenths in integers: the same split for everybody. */
const heldOutFrom = (length: number): number => Math.floor((length * 9) / 10)

/** Every window needs the token behind its last one. */
const windowCount = (length: number, nPositions: number): number => Math.max(0, Math.floor((length - 1) / nPositions))

/** What `textDataset` makes of so many bytes. */
export function countWindows(bytes: number, nPositions: number): { trainSamples: number; testSamples: number } {
  const border = heldOutFrom(bytes)
  return { trainSamples: windowCount(border, nPositions), testSamples: windowCount(bytes - border, nPositions) }
}

/** `x`, `y`: `[N, nPositions]` i32. */
function windows(bytes: Uint8Array, nPositions: number): Dataset {
  const length = windowCount(bytes.length, nPositions)
  return {
    x: Int32Array.from(bytes.subarray(0, length * nPositions)),
    xScale: 1,
    sampleShape: [nPositions],
    y: Int32Array.from(bytes.subarray(1, length * nPositions + 1)),
    targetShape: [nPositions],
    length,
    classes: BYTE_VOCABULARY,
  }
}

export function textDataset(bytes: Uint8Array, nPositions: number, label = 'text'): SplitDataset {
  if (!Number.isSafeInteger(nPositions) || nPositions < 1) {
    throw new KernelError('BAD_DATA', `${label}: nPositions must be a positive integer, got ${nPositions}`)
  }
  const border = heldOutFrom(bytes.length)
  const train = windows(bytes.subarray(0, border), nPositions)
  if (train.length === 0) {
    throw new KernelError('BAD_DATA', `${label}: ${bytes.length} bytes are too few for one window of ${nPositions} tokens`)
  }
  const test = windows(bytes.subarray(border), nPositions)
  return { train, test: test.length === 0 ? null : test }
}
