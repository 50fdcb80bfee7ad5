/** Complete training specifications for tests, from the few fields that matter to each. */
import type { LayerSpec, TrainingSpec } from '../kernels/index.ts'

export function trainingSpec(input: readonly number[], layers: readonly LayerSpec[], overrides: Partial<TrainingSpec> = {}): TrainingSpec {
  return {
    model: { kind: 'sequential', input, layers },
    loss: { type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 },
    optimizer: { type: 'sgd', lr: 0.1, momentum: 0, nesterov: false, weightDecay: 0 },
    schedule: { type: 'constant', warmupSteps: 0, minRatio: 0, stepSize: 1, gamma: 1 },
    clipNorm: null,
    precision: 'f32',
    nonFinite: 'stop',
    seed: 1,
    totalSteps: 100,
    ...overrides,
  }
}

export const mlp = (hidden: number, classes: number): LayerSpec[] => [{ type: 'linear', units: hidden }, { type: 'relu' }, { type: 'linear', units: classes }]
