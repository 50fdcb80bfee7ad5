/** Places to start from: complete jobs of what this version trains, and forms of jobs on a person's own data. */
import { EXAMPLES } from '../../protocol/jobs/examples.ts'
import type { JsonObject } from './paths.ts'

export interface Preset {
  readonly id: string
  readonly title: string
  readonly text: string
  /** What must be added before it can be submitted; null = nothing. */
  readonly needs: string | null
  readonly job: JsonObject
}

const adamw = { type: 'adamw', lr: 0.001 }

/** Forms on somebody's own data: complete but for what `needs` says. */
const FORMS: readonly Preset[] = [
  {
    id: 'csv-regression',
    title: 'A number from a table',
    text: 'Regression: a CSV file, one column of it to predict from the others.',
    needs: 'a CSV file with a header',
    job: {
      name: 'regression',
      model: { kind: 'sequential', input: [1], layers: [{ type: 'linear', units: 32 }, { type: 'relu' }, { type: 'linear', units: 1 }] },
      data: { csv: '', label: '' },
      loss: 'mse',
      optimizer: adamw,
      batchSize: 32,
      epochs: 50,
    },
  },
  {
    id: 'csv-classes',
    title: 'A class from a table',
    text: 'Classification: a CSV file, one column of it with the class of each row.',
    needs: 'a CSV file with a header',
    job: {
      name: 'classes',
      model: { kind: 'sequential', input: [1], layers: [{ type: 'linear', units: 32 }, { type: 'relu' }, { type: 'linear', units: 3 }] },
      data: { csv: '', label: '' },
      optimizer: adamw,
      batchSize: 32,
      epochs: 50,
    },
  },
  {
    id: 'own-images',
    title: 'Own images (IDX)',
    text: 'Files in the format of MNIST: images and their labels, for training and, if you have them, for testing.',
    needs: 'IDX files, compressed or not',
    job: {
      name: 'images',
      model: { kind: 'sequential', input: [784], layers: [{ type: 'linear', units: 256 }, { type: 'relu' }, { type: 'linear', units: 10 }] },
      data: { idx: { train: { x: '', y: '' } } },
      optimizer: adamw,
      batchSize: 64,
      epochs: 2,
    },
  },
  {
    id: 'own-text',
    title: 'Own text',
    text: 'A small GPT that continues your text, a byte at a time; the last tenth of it is for testing.',
    needs: 'a text file',
    job: {
      name: 'text',
      model: { kind: 'gpt2', vocabSize: 256, nPositions: 64, nEmbd: 128, nLayer: 4, nHead: 4, dropout: 0.1 },
      data: { text: '' },
      optimizer: { type: 'adamw', lr: 0.001, weightDecay: 0.1 },
      schedule: { type: 'cosine', warmupSteps: 50, minRatio: 0.1 },
      clipNorm: 1,
      batchSize: 32,
      epochs: 4,
    },
  },
  {
    id: 'own-tensors',
    title: 'Own tensors (safetensors)',
    text: 'A file with the tensors x and y, first dimension samples; from NumPy, PyTorch or any other program.',
    needs: 'a safetensors file',
    job: {
      name: 'tensors',
      model: { kind: 'sequential', input: [64], layers: [{ type: 'linear', units: 64 }, { type: 'relu' }, { type: 'linear', units: 10 }] },
      data: { files: { train: '' } },
      optimizer: adamw,
      batchSize: 64,
      epochs: 10,
    },
  },
]

export const PRESETS: readonly Preset[] = [...EXAMPLES.map(({ name, ...example }) => ({ id: name, needs: null, ...example })), ...FORMS]
