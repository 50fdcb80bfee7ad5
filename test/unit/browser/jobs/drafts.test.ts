/**
 * A draft in a tab and a job file of the CLI: the same judgement, the same spec.
 */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { checkDraft, DraftError, examineDraft, type PeerFacts, specOfDraft } from '../../../../browser/jobs/index.ts'
import { jobOfSpec } from '../../../../browser/jobs/job-of-spec.ts'
import { PRESETS } from '../../../../browser/jobs/presets.ts'
import { KNOWN_DATASETS, sampleFacts } from '../../../../kernels/data/catalogue.ts'
import { loadSplit } from '../../../../kernels/data/load.ts'
import { tensorOf, writeSafetensors } from '../../../../kernels/data/safetensors.ts'
import { readJobFile } from '../../../../node/cli/jobfile.ts'
import { specOfJob } from '../../../../node/cli/spec-of-job.ts'
import { CATALOGUE } from '../../../../node/data/catalogue.ts'
import { readPartFile, resolveDataset } from '../../../../node/data/datasets.ts'
import { FASHION_FILES } from '../../../../node/setup/fashion.mjs'
import type { JobSpec } from '../../../../protocol/jobs/spec.ts'

const digitsJob = {
  name: 'digits',
  model: { kind: 'sequential', input: [64], layers: [{ type: 'linear', units: 16 }, { type: 'relu' }, { type: 'linear', units: 10 }] },
  data: { dataset: 'digits', limit: 1000 },
  optimizer: { type: 'sgd', lr: 0.1 },
  batchSize: 32,
  epochs: 2,
}
const csv = 'a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n'
const csvJob = {
  ...digitsJob,
  model: { kind: 'sequential', input: [2], layers: [{ type: 'linear', units: 2 }] },
  data: { csv: 'table.csv', label: 'kind' },
  batchSize: 2,
}

const gptJob = {
  ...digitsJob,
  model: { kind: 'gpt2', vocabSize: 256, nPositions: 8, nEmbd: 4, nLayer: 1, nHead: 2 },
  data: { dataset: 'moby-dick', testLimit: 5 },
}

/** Big-endian IDX of bytes. */
function idx(shape: readonly number[], values: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length)
  bytes.set([0, 0, 8, shape.length])
  const view = new DataView(bytes.buffer)
  shape.forEach((size, i) => {
    view.setUint32(4 + 4 * i, size)
  })
  bytes.set(values, 4 + 4 * shape.length)
  return bytes
}

async function cliSpec(job: unknown, files: Record<string, Uint8Array | string> = {}): Promise<JobSpec> {
  const folder = await mkdtemp(join(tmpdir(), 'cyx-draft-'))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
  await writeFile(join(folder, 'job.json'), JSON.stringify(job))
  return (await specOfJob(await readJobFile(join(folder, 'job.json')))).spec
}

async function tabSpec(job: unknown, files: Record<string, Uint8Array<ArrayBuffer> | string> = {}) {
  return specOfDraft({ job, files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, new Blob([bytes])])) })
}

const withoutIdentity = ({ nonce: _nonce, createdAt: _createdAt, ...rest }: JobSpec) => rest

describe('a draft in a tab', () => {
  const safetensors = writeSafetensors([tensorOf('x', [4, 2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)), tensorOf('y', [4], Int32Array.of(0, 1, 0, 1))])
  const init = writeSafetensors([tensorOf('0.weight', [2, 2], new Float32Array(4)), tensorOf('0.bias', [2], new Float32Array(2))])
  const images = idx([4, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8])
  const labels = idx([4], [0, 1, 0, 1])

  it.each<[string, unknown, Record<string, Uint8Array<ArrayBuffer> | string>]>([
    ['a data set that has a name', digitsJob, {}],
    ['a text that has a name', gptJob, {}],
    ['a text', { ...gptJob, data: { text: 'corpus.txt' }, batchSize: 4 }, { 'corpus.txt': 'Call me Ishmael. Some years ago, never mind how long precisely.' }],
    ['a table', csvJob, { 'table.csv': csv }],
    [
      'a regression',
      { ...csvJob, data: { csv: 't.csv', label: 'b' }, model: { ...csvJob.model, input: [1], layers: [{ type: 'linear', units: 1 }] }, loss: 'mse' },
      { 't.csv': 'a,b\n1,2\n3,4.5\n' },
    ],
    [
      'tensors with a test half',
      { ...csvJob, data: { files: { train: 'a.safetensors', test: 'b.safetensors' } } },
      { 'a.safetensors': safetensors, 'b.safetensors': safetensors },
    ],
    ['IDX images', { ...csvJob, data: { idx: { train: { x: 'i', y: 'l' }, test: { x: 'i', y: 'l' } }, testLimit: 3 } }, { i: images, l: labels }],
    ['weights to start from', { ...csvJob, init: 'w.safetensors' }, { 'table.csv': csv, 'w.safetensors': init }],
  ])('makes the very spec that the CLI makes: %s', async (_what, job, files) => {
    const [cli, tab] = [await cliSpec(job, files), await tabSpec(job, files)]
    expect(withoutIdentity(tab.spec)).toEqual(withoutIdentity(cli))
    expect(tab.spec.nonce).toMatch(/^[0-9a-f]{32}$/)
    for (const { sha256, bytes, blob } of tab.uploads) {
      expect(blob.size).toBe(bytes)
      expect([...cli.data.parts.map((part) => part.sha256), cli.init?.sha256]).toContain(sha256)
    }
    expect(tab.uploads).toHaveLength(new Set(Object.keys(files)).size === 0 ? 0 : tab.spec.data.parts.length + (tab.spec.init === null ? 0 : 1))
  })

  it('makes another nonce each time, so that a clone is another job', async () => {
    const [a, b] = [await tabSpec(digitsJob), await tabSpec(digitsJob)]
    expect(a.spec.nonce).not.toBe(b.spec.nonce)
  })

  it.each<[string, unknown, Record<string, string>, string, RegExp]>([
    ['a wrong value', { ...digitsJob, optimizer: { type: 'sgd', lr: -1 } }, {}, 'optimizer.lr', /must be above 0, got -1/],
    ['a typed text where a number belongs', { ...digitsJob, batchSize: 'many' }, {}, 'batchSize', /must be a number, got "many"/],
    ['an unknown data set', { ...digitsJob, data: { dataset: 'mnist' } }, {}, 'data.dataset', /no data set "mnist"; there are: digits/],
    [
      'a text for a model of numbers',
      { ...digitsJob, data: { dataset: 'moby-dick' } },
      {},
      'model',
      /samples of this data set are token ids below 256, the model takes numbers/,
    ],
    [
      'numbers for a model of tokens',
      { ...gptJob, model: { ...gptJob.model, nPositions: 64 }, data: { dataset: 'digits' } },
      {},
      'model',
      /are numbers, the model takes token ids below 256/,
    ],
    [
      'a text for a small vocabulary',
      { ...gptJob, model: { ...gptJob.model, vocabSize: 128 } },
      {},
      'model',
      /token ids below 256, the model takes token ids below 128/,
    ],
    [
      'an input that does not fit',
      { ...digitsJob, model: { ...digitsJob.model, input: [60] } },
      {},
      'model.input',
      /a sample is \[64\].*the model takes \[60\]/,
    ],
    ['too few outputs', { ...digitsJob, model: { ...digitsJob.model, layers: [{ type: 'linear', units: 4 }] } }, {}, 'model', /10 classes.*the model has 4/],
    ['classes for a regression', { ...digitsJob, loss: 'mse' }, {}, 'loss', /targets of this data set are class ids/],
    ['a batch larger than the data', { ...digitsJob, batchSize: 1001 }, {}, 'batchSize', /at most the number of training samples \(1000\)/],
    ['a file that was not chosen', csvJob, {}, 'data.csv', /choose the file "table.csv"/],
    ['an empty file', csvJob, { 'table.csv': '' }, 'data.csv', /is empty/],
    ['a column that is not there', { ...csvJob, data: { csv: 'table.csv', label: 'sort' } }, { 'table.csv': csv }, 'data.csv', /no column "sort"/],
    ['a cell that is no number', csvJob, { 'table.csv': csv.replace('3', 'three') }, 'data.csv', /line 3, column "a": "three" is not a number/],
    ['weights of another model', { ...csvJob, init: 'w' }, { 'table.csv': csv, w: 'nonsense' }, 'init', /w: /],
    ['a table with another width', { ...csvJob, model: { ...csvJob.model, input: [3] } }, { 'table.csv': csv }, 'model.input', /the model takes \[3\]/],
    ['no layer with parameters', { ...digitsJob, model: { ...digitsJob.model, layers: [{ type: 'relu' }] } }, {}, 'model.layers', /nothing to train/],
  ])('says what is wrong at its key: %s', async (_what, job, files, path, message) => {
    const draft = { job, files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, new Blob([text])])) }
    await expect(checkDraft(draft, { peers: [] })).rejects.toThrow(expect.objectContaining({ path, message: expect.stringMatching(message) }))
    await expect(specOfDraft(draft)).rejects.toThrow(expect.objectContaining({ path }))
  })

  it('names all mistakes of a job file at once', async () => {
    const { problems, report, parameters } = await examineDraft(
      { job: { ...digitsJob, batchSize: 0, seed: -1, epochs: 'two', extra: 1 }, files: {} },
      { peers: [] },
    )
    expect(problems.map((problem) => problem.path).sort()).toEqual(['batchSize', 'epochs', 'extra', 'seed'])
    expect(report).toBeNull()
    // The model makes sense all the same.
    expect(parameters).toBe(64 * 16 + 16 + 16 * 10 + 10)
  })

  it('offers to mend the input shape', async () => {
    const { problems } = await examineDraft(
      { job: { ...csvJob, model: { ...csvJob.model, input: [9] } }, files: { 'table.csv': new Blob([csv]) } },
      { peers: [] },
    )
    expect(problems[0]).toBeInstanceOf(DraftError)
    expect((problems[0] as DraftError).fix).toMatchObject({ path: 'model.input', value: [2] })
  })

  it('stops when it is told to', async () => {
    await expect(checkDraft({ job: digitsJob, files: {} }, { peers: [] }, AbortSignal.abort())).rejects.toThrow(/abort/i)
  })
})

describe('what a draft will take', () => {
  const peer = (peerId: string, limitBytes: number, more: Partial<PeerFacts> = {}): PeerFacts => ({
    peerId,
    device: { vendor: '', architecture: '', description: '', backend: 'vulkan', type: 'cpu', features: [], limits: {} },
    memory: { totalBytes: null, freeBytes: null, source: 'limits', limitBytes, usedBytes: 0, maxBufferSize: 1 << 28, maxStorageBufferBindingSize: 1 << 27 },
    slots: 1,
    activeJobs: 0,
    speed: 0,
    visible: true,
    ...more,
  })

  it('counts parameters, memory, traffic and steps', async () => {
    const peers = [peer('a', 1 << 30), peer('b', 1 << 30)]
    const { report } = await examineDraft({ job: digitsJob, files: {} }, { peers })
    const parameters = 64 * 16 + 16 + 16 * 10 + 10
    expect(report).toMatchObject({ parameters, totalSteps: 2 * Math.floor(1000 / 32), members: 2, rowsEach: 16 })
    expect(report?.memoryBytes).toBeGreaterThan(parameters * 4)
    // 8 · P · (N − 1) / N, with P rounded up to what is sent: each tensor begins at a multiple of 64 numbers.
    expect(report?.bytesPerStep).toBe((8 * (1024 + 64 + 192 + 64)) / 2)
    expect(report?.layers.map((layer) => layer.output)).toEqual([[16], [16], [10]])
  })

  it('says of each peer whether it fits and why not, with numbers', async () => {
    const { memory } = peer('x', 1 << 30)
    const peers = [
      peer('large', 1 << 30),
      peer('small', 1024),
      peer('busy', 1 << 30, { activeJobs: 1 }),
      peer('viewer', 1 << 30, { device: null }),
      peer('narrow', 1 << 30, { memory: { ...memory, maxBufferSize: 256 } }),
    ]
    const report = await checkDraft({ job: digitsJob, files: {} }, { peers })
    expect(report.fits.map(({ peerId, fits }) => [peerId, fits])).toEqual([
      ['large', true],
      ['small', false],
      ['busy', true],
      ['viewer', false],
      ['narrow', false],
    ])
    const why = Object.fromEntries(report.fits.map((verdict) => [verdict.peerId, verdict.why]))
    expect(why.large).toBeNull()
    expect(why.small).toMatch(/needs .* KiB, may take at most 1.00 KiB/)
    expect(why.busy).toMatch(/busy now: its slot is taken/)
    expect(why.viewer).toMatch(/does not compute/)
    expect(why.narrow).toMatch(/the adapter takes at most 256 B/)
  })
})

describe('presets', () => {
  it.each(PRESETS.filter((preset) => preset.needs === null).map((preset) => [preset.id, preset]))('%s can be submitted as it is', async (_id, preset) => {
    expect((await specOfDraft({ job: preset.job, files: {} })).spec.totalSteps).toBeGreaterThan(0)
  })

  it.each(PRESETS.filter((preset) => preset.needs !== null).map((preset) => [preset.id, preset]))(
    '%s asks for its files and nothing else',
    async (_id, preset) => {
      const { problems, report } = await examineDraft({ job: preset.job, files: {} }, { peers: [] })
      expect(problems[0]?.path).toMatch(/^data\./)
      expect(problems[0]?.message).toMatch(/choose a file/)
      expect(report?.parameters).toBeGreaterThan(0)
    },
  )
})

describe('a spec back to its job file', () => {
  it.each<[string, unknown, Record<string, string>]>([
    ['a named data set', digitsJob, {}],
    ['a table', csvJob, { 'table.csv': csv }],
  ])('makes the same spec again: %s', async (_what, job, files) => {
    const { spec } = await tabSpec(job, files)
    const back = jobOfSpec({ ...spec, submitter: 'whoever signed it' })
    expect(back.wanted.map((want) => want.path)).toEqual(Object.keys(files))
    expect(withoutIdentity((await tabSpec(back.job, files)).spec)).toEqual(withoutIdentity(spec))
  })
})

describe('the catalogue', () => {
  it.each(
    KNOWN_DATASETS.filter((dataset) => CATALOGUE.find((entry) => entry.name === dataset.name)?.folder() !== null).map((dataset) => [dataset.name, dataset]),
  )('says of %s what is in its files (installed ones)', async (name, dataset) => {
    const resolved = await resolveDataset(name)
    // Only a text depends on the model.
    for (const nPositions of dataset.facts === null ? [64, 65] : [64]) {
      const { train, test } = await loadSplit(resolved.parts, { limit: null, testLimit: null, nPositions }, readPartFile)
      expect(sampleFacts(dataset, nPositions)).toEqual({
        trainSamples: train.length,
        testSamples: test?.length ?? 0,
        sampleShape: train.sampleShape,
        vocabulary: train.x instanceof Int32Array ? 256 : null,
        classes: train.classes,
      })
    }
    expect(resolved.parts.map((part) => part.sha256)).toEqual(dataset.parts.map((part) => part.sha256))
  })

  it('knows the same Fashion-MNIST as the installer', () => {
    const { parts = [] } = KNOWN_DATASETS.find((dataset) => dataset.name === 'fashion-mnist') ?? {}
    expect(parts.map(({ role, file, bytes, sha256 }) => ({ role, name: file, bytes, sha256 }))).toEqual(FASHION_FILES)
  })

  it('holds whole gzip files where it says so', async () => {
    for (const part of (await resolveDataset('digits')).parts) expect(gunzipSync(await readFile(part.location)).length).toBeGreaterThan(part.bytes)
  })
})
