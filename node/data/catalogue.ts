/**
 * The data sets that have a name. Sizes and hashes are of the files as they lie on disk, so that all peers mean the
 * same bytes by a name.
 */
import { fileURLToPath } from 'node:url'
import type { DataPart } from '../../kernels/data/types.ts'
import { FASHION_FILES, findFashion } from '../setup/fashion.mjs'

export interface CatalogueEntry {
  readonly name: string
  /** What it is, for `cyxwiz data ls`. */
  readonly description: string
  readonly licence: string
  /** `bundled` ones are part of CyxWiz, `installable` ones come with `cyxwiz data add`. */
  readonly kind: 'bundled' | 'installable'
  /** File names in `folder()`. */
  readonly parts: readonly (Omit<DataPart, 'location'> & { readonly file: string })[]
  /** Where the files lie now; null when they are not installed. */
  folder(): string | null
}

const bundled = (): string => fileURLToPath(new URL('bundled', import.meta.url))

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'digits',
    description: '1,797 handwritten digits, 8×8 pixels, 10 classes; samples are [64] numbers in 0–1',
    licence: 'CC BY 4.0 (UCI)',
    kind: 'bundled',
    folder: bundled,
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
  },
  {
    name: 'moby-dick',
    description: 'Herman Melville, Moby-Dick (1851), 1.2 MB of text; one token per byte, the last 10 % held out',
    licence: 'public domain',
    kind: 'bundled',
    folder: bundled,
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
  },
  {
    name: 'fashion-mnist',
    description: '60,000 + 10,000 images of clothes, 28×28, 10 classes',
    licence: 'MIT (Zalando Research)',
    kind: 'installable',
    folder: findFashion,
    parts: FASHION_FILES.map(({ role, name, bytes, sha256 }) => ({
      role,
      format: 'idx',
      gzip: true,
      file: name,
      bytes,
      sha256,
    })),
  },
]
