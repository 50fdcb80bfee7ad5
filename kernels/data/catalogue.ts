/**
 * The data sets that have a name, as far as every host must agree on them: which files, by hash, and what is in them. A
 * tab that submits a job on `digits` needs no bytes of it: the counts and shapes stand here, and a test holds them
 * against the real files.
 *
 * Says nothing of where files lie or how they come here: that is each host's own matter.
 */
import { BYTE_VOCABULARY, countWindows } from './text.ts'
import type { DataPart } from './types.ts'

/** What is in a data set of samples and class ids, before any `limit`. */
export interface SampleFacts {
  readonly trainSamples: number
  readonly testSamples: number
  /** Shape of one sample. */
  readonly sampleShape: readonly number[]
  /** Samples are token ids below this; null: numbers. */
  readonly vocabulary: number | null
  /** Targets are class ids below this. */
  readonly classes: number
}

export interface KnownDataset {
  readonly name: string
  /** What it is, in one line. */
  readonly description: string
  readonly licence: string
  /** `bundled` ones are part of CyxWiz, `installable` ones come with `cyxwiz data add`. */
  readonly kind: 'bundled' | 'installable'
  /** Sizes and hashes of the files as they lie on disk. */
  readonly parts: readonly (Omit<DataPart, 'location'> & { readonly file: string })[]
  /** Null for a text, which is cut into windows as long as the model's input: see `sampleFacts`. */
  readonly facts: SampleFacts | null
}

export const KNOWN_DATASETS: readonly KnownDataset[] = [
  {
    name: 'digits',
    description: '1,797 handwritten digits, 8×8 pixels, 10 classes; samples are [64] numbers in 0–1',
    licence: 'CC BY 4.0 (UCI)',
    kind: 'bundled',
    parts: [
      {
        role: 'train',
        format: 'safetensors',
        gzip: true,
        file: 'digits-train.safetensors.gz',
        bytes: 47_635,
        sha256: 'd2afca34411aac54d4d2fcad36ff775270e6b6eaf8e4fe6b2764e7b4a9fbaf80',
      },
      {
        role: 'test',
        format: 'safetensors',
        gzip: true,
        file: 'digits-test.safetensors.gz',
        bytes: 12_333,
        sha256: '325b8b2862d435727f024d78a49c5060c7cda937033d89ff6da83cd72ec235b5',
      },
    ],
    facts: { trainSamples: 1438, testSamples: 359, sampleShape: [64], vocabulary: null, classes: 10 },
  },
  {
    name: 'moby-dick',
    description: 'Herman Melville, Moby-Dick (1851), 1.2 MB of text; one token per byte, the last 10 % held out',
    licence: 'public domain',
    kind: 'bundled',
    parts: [
      {
        role: 'text',
        format: 'text',
        gzip: false,
        file: 'moby-dick.txt',
        bytes: 1_194_259,
        sha256: '6ee50d4320734c2599c56d937a0dfb38967ee304288a63987a77e10d391bf240',
      },
    ],
    facts: null,
  },
  {
    name: 'fashion-mnist',
    description: '60,000 + 10,000 images of clothes, 28×28, 10 classes',
    licence: 'MIT (Zalando Research)',
    kind: 'installable',
    // The installer knows the same four files (node/setup runs before anything can be imported); a test compares them.
    parts: [
      {
        role: 'train-x',
        format: 'idx',
        gzip: true,
        file: 'train-images-idx3-ubyte.gz',
        bytes: 26_421_856,
        sha256: 'b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7',
      },
      {
        role: 'train-y',
        format: 'idx',
        gzip: true,
        file: 'train-labels-idx1-ubyte.gz',
        bytes: 29_491,
        sha256: '0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056',
      },
      {
        role: 'test-x',
        format: 'idx',
        gzip: true,
        file: 't10k-images-idx3-ubyte.gz',
        bytes: 4_422_079,
        sha256: 'cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa',
      },
      {
        role: 'test-y',
        format: 'idx',
        gzip: true,
        file: 't10k-labels-idx1-ubyte.gz',
        bytes: 5_125,
        sha256: '8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05',
      },
    ],
    facts: { trainSamples: 60_000, testSamples: 10_000, sampleShape: [1, 28, 28], vocabulary: null, classes: 10 },
  },
]

export function knownDataset(name: string): KnownDataset | null {
  return KNOWN_DATASETS.find((dataset) => dataset.name === name) ?? null
}

/** What is in a data set for a model whose input is `nPositions` long (which only matters to texts). */
export function sampleFacts({ facts, parts }: KnownDataset, nPositions: number): SampleFacts {
  if (facts !== null) return facts
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  return { ...countWindows(bytes, nPositions), sampleShape: [nPositions], vocabulary: BYTE_VOCABULARY, classes: BYTE_VOCABULARY }
}
