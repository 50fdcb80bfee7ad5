/**
 * Data and weights: bytes in, numbers out, and back.
 *
 * @packageDocumentation
 */
export { type GatheredBatch, gather, inOrder, type SamplePlan, sampleIndices, stepsPerEpoch } from './batches.ts'
export { checkLabels, type LabelRange, limited, shapedFor } from './dataset.ts'
export { gunzip } from './gunzip.ts'
export { loadSplit, type PartReader } from './load.ts'
export { parseSafetensors, type Tensor, tensorOf, writeSafetensors } from './safetensors.ts'
export type { DataFormat, DataPart, DataRole, Dataset, LoadOptions, SplitDataset } from './types.ts'
export { flatOfTensors, type ReadWeightsOptions, readWeights, tensorsOfFlat, writeWeights } from './weights.ts'
