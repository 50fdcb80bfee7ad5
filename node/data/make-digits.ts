/**
 * Makes the bundled files of the data set `digits` from its original table: pixels divided by 16, every fifth sample
 * (number 4, 9, 14, … from 0) held out for testing. Run once, by hand:
 *
 *   node --import tsx node/data/make-digits.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { csvDataset } from '../../kernels/data/csv.ts'
import { tensorOf, writeSafetensors } from '../../kernels/data/safetensors.ts'

const TEST_EVERY = 5
/** The scanner's bitmaps were counted in 4×4 blocks: 0 to 16 dark pixels. */
const MAX_PIXEL = 16

const bundled = (name: string): string => fileURLToPath(new URL(`bundled/${name}`, import.meta.url))

/** Both halves as safetensors files: `x` `[N, 64]` f32 in 0–1, `y` `[N]` i32 digits. */
export function digitsFiles(): { train: Uint8Array; test: Uint8Array } {
  const table = csvDataset(gunzipSync(readFileSync(bundled('digits.csv.gz'))), { label: null, regression: false })
  const half = (held: boolean): Uint8Array => {
    const samples = Array.from({ length: table.length }, (_, i) => i).filter((i) => (i % TEST_EVERY === TEST_EVERY - 1) === held)
    const x = samples.flatMap((i) => Array.from(table.x.subarray(i * 64, (i + 1) * 64), (pixel) => pixel / MAX_PIXEL))
    const y = samples.map((i) => table.y[i] ?? 0)
    return writeSafetensors([tensorOf('x', [samples.length, 64], Float32Array.from(x)), tensorOf('y', [y.length], Int32Array.from(y))])
  }
  return { train: half(false), test: half(true) }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { train, test } = digitsFiles()
  writeFileSync(bundled('digits-train.safetensors.gz'), gzipSync(train, { level: 9 }))
  writeFileSync(bundled('digits-test.safetensors.gz'), gzipSync(test, { level: 9 }))
}
