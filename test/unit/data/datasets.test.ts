import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { loadSplit } from '../../../kernels/data/load.ts'
import { CATALOGUE } from '../../../node/data/catalogue.ts'
import { addDataset, listDatasets, readPartFile, resolveDataset } from '../../../node/data/datasets.ts'
import { digitsFiles } from '../../../node/data/make-digits.ts'

const all = { limit: null, testLimit: null }
const hasFashion = CATALOGUE.find((entry) => entry.name === 'fashion-mnist')?.folder() !== null

describe('the named data sets', () => {
  it('are listed with what is installed', () => {
    const list = listDatasets()
    expect(list.map((info) => info.name)).toEqual(['digits', 'moby-dick', 'fashion-mnist'])
    expect(list[0]).toMatchObject({ installed: true, path: expect.stringContaining('bundled') })
  })

  it('digits: 1,438 training and 359 test samples in 0–1', async () => {
    const { parts } = await resolveDataset('digits')
    const { train, test } = await loadSplit(parts, all, readPartFile)
    expect(train).toMatchObject({ length: 1438, sampleShape: [64], targetShape: [], classes: 10 })
    expect(test).toMatchObject({ length: 359, classes: 10 })
    expect([Math.min(...(train.x as Float32Array)), Math.max(...(train.x as Float32Array))]).toEqual([0, 1])
    expect([...train.y.subarray(0, 6)]).toEqual([0, 1, 2, 3, 5, 6]) // 4 is the first test sample
    expect(test?.y[0]).toBe(4)
  })

  it('digits: the bundled files are what their script makes of the original table', async () => {
    const { parts } = await resolveDataset('digits')
    const made = digitsFiles()
    for (const part of parts) {
      const shipped = gunzipSync(await readFile(part.location))
      expect(shipped.equals(part.role === 'train' ? made.train : made.test), part.role).toBe(true)
    }
  })

  it('moby-dick: windows of bytes', async () => {
    const { parts } = await resolveDataset('moby-dick')
    const { train, test } = await loadSplit(parts, { ...all, nPositions: 64, testLimit: 10 }, readPartFile)
    expect(train.length).toBe(Math.floor((Math.floor((1_194_259 * 9) / 10) - 1) / 64))
    expect(test?.length).toBe(10)
  })

  it.skipIf(!hasFashion)('fashion-mnist: 60,000 + 10,000 images (skipped where it is not installed)', async () => {
    const { parts } = await resolveDataset('fashion-mnist')
    const { train, test } = await loadSplit(parts, { limit: 1000, testLimit: null }, readPartFile)
    expect(train).toMatchObject({ length: 1000, sampleShape: [1, 28, 28], classes: 10, xScale: 1 / 255 })
    expect(test?.length).toBe(10_000)
    expect([...train.y.subarray(0, 8)]).toEqual([9, 0, 0, 3, 0, 2, 7, 2])
  })

  it('have the sizes and hashes of the catalogue', async () => {
    for (const name of ['digits', 'moby-dick']) {
      for (const part of (await resolveDataset(name)).parts) {
        expect(
          createHash('sha256')
            .update(await readFile(part.location))
            .digest('hex'),
          part.location,
        ).toBe(part.sha256)
      }
    }
  })

  it.each(['mnist', '../bundled/digits', '/etc/passwd', '', '__proto__', 'digits/', 'DIGITS'])('know no %j, and say what there is', async (name) => {
    await expect(resolveDataset(name)).rejects.toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_DATASET',
        message: expect.stringContaining(`no data set "${name}"; there are: digits, moby-dick`),
      }),
    )
    await expect(addDataset(name)).rejects.toThrow('no data set')
  })

  it('add what is there already without doing anything', async () => {
    expect(await addDataset('digits')).toMatchObject({ name: 'digits', installed: true })
  })
})
