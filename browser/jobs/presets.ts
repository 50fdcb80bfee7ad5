/** Places to start from: complete jobs of what this version trains, and forms of jobs on a person's own data. */
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

export const PRESETS: readonly Preset[] = [
  {
    id: 'digits-mlp',
    title: 'Digits, small',
    text: '1,438 handwritten digits of 8×8 pixels. Done in seconds on any GPU: a first job, or a test of a mesh.',
    needs: null,
    job: {
      name: 'digits-mlp',
      model: { kind: 'sequential', input: [64], layers: [{ type: 'linear', units: 64 }, { type: 'relu' }, { type: 'linear', units: 10 }] },
      data: { dataset: 'digits' },
      optimizer: { type: 'adamw', lr: 0.003 },
      batchSize: 64,
      epochs: 20,
    },
  },
  {
    id: 'fashion-mlp',
    title: 'Fashion-MNIST',
    text: '60,000 images of clothes, one hidden layer of 256. Two epochs reach about 0.86 on the test images.',
    needs: null,
    job: {
      name: 'fashion-mlp',
      model: { kind: 'sequential', input: [784], layers: [{ type: 'linear', units: 256 }, { type: 'relu' }, { type: 'linear', units: 10 }] },
      data: { dataset: 'fashion-mnist' },
      optimizer: adamw,
      batchSize: 64,
      epochs: 2,
    },
  },
  {
    id: 'fashion-deep',
    title: 'Fashion-MNIST, deeper',
    text: 'Three hidden layers with GELU and dropout, cosine schedule with warm-up: more work for more peers.',
    needs: null,
    job: {
      name: 'fashion-deep',
      model: {
        kind: 'sequential',
        input: [1, 28, 28],
        layers: [
          { type: 'flatten' },
          { type: 'linear', units: 512 },
          { type: 'gelu' },
          { type: 'dropout', p: 0.2 },
          { type: 'linear', units: 256 },
          { type: 'gelu' },
          { type: 'dropout', p: 0.2 },
          { type: 'linear', units: 128 },
          { type: 'gelu' },
          { type: 'linear', units: 10 },
        ],
      },
      data: { dataset: 'fashion-mnist' },
      optimizer: adamw,
      schedule: { type: 'cosine', warmupSteps: 200, minRatio: 0.05 },
      clipNorm: 1,
      batchSize: 128,
      epochs: 8,
      peers: { min: 1, max: 8 },
    },
  },
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
