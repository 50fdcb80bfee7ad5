/**
 * The data sets that have a name (`kernels/data/catalogue.ts`), with the place of their files on this machine.
 */
import { fileURLToPath } from 'node:url'
import { KNOWN_DATASETS, type KnownDataset } from '../../kernels/data/catalogue.ts'
import { findFashion } from '../setup/fashion.mjs'

export interface CatalogueEntry extends KnownDataset {
  /** Where the files lie now; null when they are not installed. */
  folder(): string | null
}

const bundled = (): string => fileURLToPath(new URL('bundled', import.meta.url))

const INSTALLED: Readonly<Record<string, () => string | null>> = { 'fashion-mnist': findFashion }

export const CATALOGUE: readonly CatalogueEntry[] = KNOWN_DATASETS.map((dataset) => ({
  ...dataset,
  folder: dataset.kind === 'bundled' ? bundled : (INSTALLED[dataset.name] ?? (() => null)),
}))
