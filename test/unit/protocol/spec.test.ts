/**
 * The job file's schema: defaults, and errors that name the key.
 */
import { describe, expect, it } from 'vitest'
import { describeLayers, type SequentialSpec } from '../../../kernels/index.ts'
import { parseJobFile, stepsOf } from '../../../protocol/jobs/spec.ts'

const job = {
  model: { kind: 'sequential', input: [64], layers: [{ type: 'linear', units: 10 }] },
  data: { dataset: 'digits' },
  optimizer: { type: 'adamw' },
  batchSize: 64,
  epochs: 1,
}

describe('a job file', () => {
  it('gets PyTorch’s defaults', () => {
    const parsed = parseJobFile(job)
    expect(parsed.optimizer).toEqual({ type: 'adamw', lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 })
    expect(parsed.model).toMatchObject({ layers: [{ type: 'linear', units: 10, bias: true }] })
    expect(parsed.loss).toEqual({ type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 })
    expect(parsed).toMatchObject({
      shuffle: true,
      clipNorm: null,
      precision: 'f32',
      seed: 0,
      init: null,
      peers: { min: 1, max: 8 },
      limits: { timeoutSeconds: 3600, maxRetries: 3, waitForCheckpointSeconds: null },
      checkpointEveryRounds: 10,
    })
    expect(parseJobFile({ ...job, loss: 'mse' }).loss).toEqual({ type: 'mse' })
    expect(parseJobFile({ ...job, peers: { max: 3 } }).peers).toEqual({ min: 1, max: 3 })
  })

  it.each<[string, unknown, string, RegExp]>([
    ['an unknown key', { ...job, epoch: 1 }, 'UNKNOWN_KEY', /^epoch: unknown key/],
    [
      'a misspelt key of a layer',
      { ...job, model: { ...job.model, layers: [{ type: 'linear', unit: 3 }] } },
      'UNKNOWN_KEY',
      /^model\.layers\[0\]\.unit: unknown key/,
    ],
    ['an unknown key of the data', { ...job, data: { dataset: 'digits', limt: 3 } }, 'UNKNOWN_KEY', /^data\.limt: unknown key/],
    ['a missing key', { ...job, batchSize: undefined }, 'BAD_SPEC', /^batchSize: missing/],
    ['a missing label', { ...job, data: { csv: 'x.csv' } }, 'BAD_SPEC', /^data\.label: missing/],
    ['a negative rate', { ...job, optimizer: { type: 'sgd', lr: -1 } }, 'BAD_SPEC', /^optimizer\.lr: must be above 0, got -1/],
    ['NaN', { ...job, batchSize: Number.NaN }, 'BAD_SPEC', /^batchSize: .*NaN/],
    ['a path as a name', { ...job, data: { dataset: '../etc/passwd' } }, 'BAD_SPEC', /^data\.dataset: must match/],
    ['both epochs and steps', { ...job, steps: 3 }, 'BAD_SPEC', /exactly one of the two.*both/],
    ['neither epochs nor steps', { ...job, epochs: null }, 'BAD_SPEC', /exactly one of the two.*neither/],
    ['more least than most peers', { ...job, peers: { min: 3, max: 2 } }, 'BAD_SPEC', /^peers\.min: must be at most peers\.max/],
    ['nesterov without momentum', { ...job, optimizer: { type: 'sgd', nesterov: true } }, 'BAD_SPEC', /^optimizer\.nesterov/],
    ['a mode of a later version', { ...job, sync: { mode: 'diloco', localSteps: 50 } }, 'UNSUPPORTED', /^sync\.mode: "diloco" is not supported/],
    ['another precision', { ...job, precision: 'f8' }, 'BAD_SPEC', /^precision: must be/],
    ['another end of a step', { ...job, nonFinite: 'ignore' }, 'BAD_SPEC', /^nonFinite: must be/],
    ['a list', [], 'BAD_SPEC', /^(job file|model)/],
    ['null', null, 'BAD_SPEC', /^job file: must be an object/],
  ])('with %s is refused, naming it', (_what, json, code, message) => {
    let caught: unknown
    try {
      parseJobFile(json)
    } catch (error) {
      caught = error
    }
    expect(caught).toMatchObject({ name: 'SpecError', code })
    expect((caught as Error).message).toMatch(message)
    expect((caught as Error).message).not.toContain('\n')
  })

  it('takes the layers that the training core has, with the same options, bounds and defaults', () => {
    const parsed = (layer: object) => parseJobFile({ ...job, model: { kind: 'sequential', input: [4, 4], layers: [layer] } })
    const refused = (layer: object, why: string) => expect(() => parsed(layer), why).toThrow(/model\.layers/)
    refused({ type: 'convolution' }, 'a layer that nobody has')
    for (const { type, options } of describeLayers()) {
      const given: Record<string, unknown> = {}
      const filled: Record<string, unknown> = {}
      for (const [key, option] of Object.entries(options)) {
        if (option.default !== undefined) filled[key] = option.default
        else if (option.type === 'layers') given[key] = [{ type: 'relu' }]
        else if (option.type === 'sizes') given[key] = [-1]
        else if (!(option.type === 'pair' && option.optional)) given[key] = (option as { min: number }).min
      }
      const [layer] = (parsed({ type, ...given }).model as SequentialSpec).layers
      expect(layer, type).toEqual({ type, ...given, ...filled })
      for (const [key, option] of Object.entries(options)) {
        if (given[key] !== undefined) refused({ type, ...given, [key]: undefined }, `${type} without ${key}`)
        if (option.type === 'choice') {
          for (const value of option.choices) parsed({ type, ...given, [key]: value })
          refused({ type, ...given, [key]: 'other' }, `${type}.${key}`)
        }
        if (!('min' in option)) continue
        for (const value of [option.min, option.max]) parsed({ type, ...given, [key]: value })
        for (const value of [option.min - 1, option.max + 1]) refused({ type, ...given, [key]: value }, `${type}.${key} ${value}`)
      }
    }
  })

  it('counts whole batches only', () => {
    expect(stepsOf({ batchSize: 64, epochs: 2, steps: null }, 1438)).toEqual({ stepsPerEpoch: 22, totalSteps: 44 })
    expect(stepsOf({ batchSize: 64, epochs: null, steps: 5 }, 1438)).toEqual({ stepsPerEpoch: 22, totalSteps: 5 })
    expect(() => stepsOf({ batchSize: 2000, epochs: 1, steps: null }, 1438)).toThrow(
      /^batchSize: must be at most the number of training samples \(1438\), got 2000/,
    )
  })
})
