import { describe, expect, it } from 'vitest'
import { compileProgram } from '../../../kernels/engine/program.ts'
import {
  checkModel,
  describeLayers,
  estimateMemory,
  initialParameters,
  KernelError,
  type LayerSpec,
  layoutOf,
  MemoryLedger,
  type ModelSpec,
  thetaHash,
} from '../../../kernels/index.ts'
import { SlotAllocator } from '../../../kernels/plan/slots.ts'
import { linearGrid, wgslFloat } from '../../../kernels/plan/wgsl.ts'
import { threefry2x32 } from '../../../kernels/random/threefry.ts'
import { mlp, trainingSpec } from '../../specs.ts'

const check = (input: number[], layers: LayerSpec[]) => checkModel({ kind: 'sequential', input, layers })

describe('models', () => {
  it('have nn.Sequential names, PyTorch shapes and aligned places in byte order', () => {
    const layout = layoutOf(trainingSpec([784], mlp(256, 10)))
    expect(layout.entries).toEqual([
      { name: '0.bias', shape: [256], offset: 0, size: 256 },
      { name: '0.weight', shape: [256, 784], offset: 256, size: 200_704, matrix: [256, 784] },
      { name: '2.bias', shape: [10], offset: 200_960, size: 10 },
      { name: '2.weight', shape: [10, 256], offset: 201_024, size: 2560 },
    ])
    expect([layout.length, layout.parameterCount]).toEqual([203_584, 203_530])
    const deep = layoutOf(
      trainingSpec(
        [2],
        Array.from({ length: 11 }, () => ({ type: 'linear', units: 2, bias: false })),
      ),
    )
    expect(deep.entries.map(({ name }) => name).slice(0, 3)).toEqual(['0.weight', '1.weight', '10.weight'])
  })

  it('say which parameters are matrices of hidden layers: no vectors, no tables, not the last linear layer', () => {
    const layers = [
      { type: 'embedding', numEmbeddings: 9, embeddingDim: 4 },
      { type: 'lstm', hiddenSize: 3, output: 'last' },
      { type: 'reshape', shape: [3, 1, 1] },
      { type: 'conv2d', channels: 6, kernel: 1, groups: 3 },
      { type: 'flatten' },
      { type: 'residual', layers: [{ type: 'linear', units: 6 }] },
      { type: 'linear', units: 2 },
      { type: 'relu' },
    ]
    const matrices = (model: ModelSpec) => layoutOf({ model }).entries.flatMap(({ name, matrix }) => (matrix === undefined ? [] : [[name, matrix]]))
    expect(matrices({ kind: 'sequential', input: [5], layers })).toEqual([
      ['1.weight_hh_l0', [12, 3]],
      ['1.weight_ih_l0', [12, 4]],
      ['3.weight', [6, 1]],
      ['5.0.weight', [6, 6]],
    ])
    const gpt2: ModelSpec = { kind: 'gpt2', vocabSize: 8, nPositions: 4, nEmbd: 4, nLayer: 1, nHead: 1, dropout: 0 }
    expect(matrices(gpt2).map(([name]) => name)).toEqual(
      ['attn.c_attn', 'attn.c_proj', 'mlp.c_fc', 'mlp.c_proj'].map((name) => `transformer.h.0.${name}.weight`),
    )
  })

  it('recurrent layers have the names and shapes of nn.LSTM and nn.GRU', () => {
    const layout = (type: string, options: object) => layoutOf(trainingSpec([7, 5], [{ type, hiddenSize: 3, ...options }]))
    expect(Object.fromEntries(layout('lstm', { numLayers: 2 }).entries.map(({ name, shape }) => [name, shape]))).toEqual({
      '0.weight_ih_l0': [12, 5],
      '0.weight_hh_l0': [12, 3],
      '0.bias_ih_l0': [12],
      '0.bias_hh_l0': [12],
      '0.weight_ih_l1': [12, 3],
      '0.weight_hh_l1': [12, 3],
      '0.bias_ih_l1': [12],
      '0.bias_hh_l1': [12],
    })
    expect(layout('gru', {}).entries.find(({ name }) => name === '0.weight_ih_l0')?.shape).toEqual([9, 5])
    expect(check([7, 5], [{ type: 'lstm', hiddenSize: 3 }]).output).toEqual([7, 3])
    expect(check([7, 5], [{ type: 'gru', hiddenSize: 3, output: 'last' }]).output).toEqual([3])
    expect(() => check([5], [{ type: 'lstm', hiddenSize: 3 }])).toThrow(/layer 0 \(lstm\): input is \[5\], it needs a sequence \[steps, features\]/)
  })

  it('nest the names of residual blocks by index, and put buffers behind the parameters', () => {
    const block = { type: 'residual', layers: [{ type: 'conv2d', channels: 4, kernel: 3, padding: 1, bias: false }, { type: 'batchnorm2d' }, { type: 'relu' }] }
    const layers = [{ type: 'conv2d', channels: 4, kernel: [3, 1], groups: 2 }, block, { type: 'globalavgpool2d' }, { type: 'linear', units: 2 }]
    const layout = layoutOf(trainingSpec([2, 8, 8], layers))
    expect(layout.entries.map(({ name, shape, buffer }) => [name, shape, buffer?.kind])).toEqual([
      ['0.bias', [4], undefined],
      ['0.weight', [4, 1, 3, 1], undefined],
      ['1.0.weight', [4, 4, 3, 3], undefined],
      ['1.1.bias', [4], undefined],
      ['1.1.weight', [4], undefined],
      ['3.bias', [2], undefined],
      ['3.weight', [2, 4], undefined],
      ['1.1.num_batches_tracked', [], 'count'],
      ['1.1.running_mean', [4], 'average'],
      ['1.1.running_var', [4], 'average'],
    ])
    expect(layout.parameterCount).toBe(4 + 12 + 144 + 8 + 2 + 8)
    const start = initialParameters(trainingSpec([2, 8, 8], layers))
    const startOf = (name: string) => start[layout.entries.find((entry) => entry.name === name)?.offset ?? -1]
    expect([startOf('1.1.running_var'), startOf('1.1.running_mean'), startOf('1.1.weight'), startOf('1.1.bias')]).toEqual([1, 0, 1, 0])
  })

  it('say every layer’s shapes', () => {
    const checked = checkModel(
      { kind: 'sequential', input: [2, 3], layers: [{ type: 'linear', units: 4 }, { type: 'flatten' }, { type: 'linear', units: 5 }] },
      { type: 'mse' },
    )
    expect(checked.layers.map(({ input, output, parameterCount }) => [input, output, parameterCount])).toEqual([
      [[2, 3], [2, 4], 16],
      [[2, 4], [8], 0],
      [[8], [5], 45],
    ])
    expect(checked.target).toEqual({ shape: [5], dtype: 'f32', classes: null })
  })

  it.each([
    [[4], [{ type: 'linearr', units: 3 }], /layer 0: unknown type "linearr"; supported are linear, conv2d, /],
    [[4], [{ type: 'relu' }, { type: 'linear' }], /layer 1 \(linear\): option "units" is required/],
    [[4], [{ type: 'linear', units: 0 }], /layer 0 \(linear\): option "units" must be a whole number from 1 to 16777216, got 0/],
    [[4], [{ type: 'linear', units: 2.5 }], /"units" must be a whole number/],
    [[4], [{ type: 'linear', units: 'many' }], /"units" must be a whole number .* got "many"/],
    [[4], [{ type: 'linear', units: 3, size: 3 }], /layer 0 \(linear\): unknown option "size"; it takes units, bias/],
    [[4], [{ type: 'linear', units: 3, bias: 1 }], /"bias" must be true or false, got 1/],
    [[4], [{ type: 'gelu', approximate: 'fast' }], /"approximate" must be one of none, tanh, got "fast"/],
    [[4], [{ type: 'dropout', p: Number.NaN }], /layer 0 \(dropout\): option "p"/],
    [[4], [{ type: 'relu', inplace: true }], /unknown option "inplace"; it takes none/],
    [[4], [{ type: 'relu' }], /no layer has parameters/],
    [[0], [{ type: 'linear', units: 3 }], /input must be a list of sizes of at least 1, got \[0\]/],
    [[3, 8, 8], [{ type: 'conv2d', channels: 4 }], /layer 0 \(conv2d\): option "kernel" is required/],
    [[3, 8, 8], [{ type: 'conv2d', channels: 4, kernel: [3, 0] }], /"kernel" must be a whole number from 1 to 1024, or two: \[height, width\], got \[3,0\]/],
    [[64], [{ type: 'conv2d', channels: 4, kernel: 3 }], /layer 0 \(conv2d\): input is \[64\], it needs an image \[channels, height, width\]/],
    [[3, 8, 2], [{ type: 'conv2d', channels: 4, kernel: [5, 3] }], /input is \[3, 8, 2\], it needs at least 5 x 3 for a kernel of 5 x 3/],
    [[3, 8, 8], [{ type: 'conv2d', channels: 4, kernel: 3, groups: 2 }], /input is \[3, 8, 8\], it needs channels that divide into 2 groups/],
    [[4, 8, 8], [{ type: 'conv2d', channels: 3, kernel: 3, groups: 2 }], /it needs "channels" to divide into 2 groups, got 3/],
    [[3, 8, 8], [{ type: 'maxpool2d', kernel: 2, padding: 2 }], /layer 0 \(maxpool2d\): .* a padding of at most half the kernel/],
    [[3, 1, 8], [{ type: 'avgpool2d', kernel: 2 }], /layer 0 \(avgpool2d\): input is \[3, 1, 8\], it needs at least 2 x 2/],
    [[10], [{ type: 'batchnorm2d' }], /layer 0 \(batchnorm2d\): input is \[10\], it needs an image/],
    [[6, 4], [{ type: 'groupnorm', numGroups: 4 }], /it needs channels in its first dimension that divide into 4 groups/],
    [[6], [{ type: 'softmax', dim: 2 }], /it needs "dim" to be from 1 to 1, or from -1 to -1, got 2/],
    [[6], [{ type: 'reshape', shape: [4, -1] }], /it needs a number of elements that fits \[4, -1\]/],
    [[6], [{ type: 'reshape', shape: [0] }], /option "shape" must be a list of sizes of at least 1, or -1/],
    [[6], [{ type: 'relu' }, { type: 'embedding', numEmbeddings: 5, embeddingDim: 2 }], /layer 1 \(embedding\): .* token ids, which only the first layer/],
    [
      [6],
      [{ type: 'residual', layers: [{ type: 'linear', units: 5 }] }],
      /layer 0 \(residual\): input is \[6\], it needs layers whose output has the same shape, theirs is \[5\]/,
    ],
    [[6], [{ type: 'residual', layers: [{ type: 'relu' }, { type: 'linear', size: 5 }] }], /layer 0\.1 \(linear\): unknown option "size"/],
    [[6], [{ type: 'residual', layers: [] }], /option "layers" must be a list of at least one layer/],
    [[1_000_000], [{ type: 'linear', units: 1_000_000 }], /parameters, at most 2147483648 are supported/],
  ] as [number[], LayerSpec[], RegExp][])('that are wrong are refused by name: %j %j', (input, layers, message) => {
    const build = () => check(input, layers)
    expect(build).toThrow(KernelError)
    expect(build).toThrow(message)
  })

  it('a loss that cannot take the output is refused', () => {
    expect(() =>
      checkModel({ kind: 'sequential', input: [3], layers: [{ type: 'linear', units: 1 }] }, { type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 }),
    ).toThrow(/output is \[1\], at least 2 classes/)
  })

  it('describes layers with their defaults, for forms', () => {
    const layers = describeLayers()
    expect(new Set(layers.map(({ type }) => type)).size).toBe(layers.length)
    expect(layers.every(({ summary, options }) => summary !== '' && Object.values(options).every(({ help }) => help !== ''))).toBe(true)
    expect(layers.find(({ type }) => type === 'leakyrelu')?.options.negativeSlope).toMatchObject({ type: 'number', default: 0.01 })
  })
})

describe('gpt2', () => {
  const gpt2 = (overrides: object = {}) => ({
    kind: 'gpt2' as const,
    vocabSize: 256,
    nPositions: 64,
    nEmbd: 128,
    nLayer: 4,
    nHead: 4,
    dropout: 0,
    ...overrides,
  })

  it('has the names and shapes of Hugging Face’s GPT2LMHeadModel, the tied head not stored', () => {
    const { entries, parameterCount, ignored } = layoutOf({ model: gpt2({ nLayer: 1 }) })
    expect(Object.fromEntries(entries.map(({ name, shape }) => [name, shape]))).toEqual({
      'transformer.wte.weight': [256, 128],
      'transformer.wpe.weight': [64, 128],
      'transformer.h.0.ln_1.weight': [128],
      'transformer.h.0.ln_1.bias': [128],
      'transformer.h.0.attn.c_attn.weight': [128, 384],
      'transformer.h.0.attn.c_attn.bias': [384],
      'transformer.h.0.attn.c_proj.weight': [128, 128],
      'transformer.h.0.attn.c_proj.bias': [128],
      'transformer.h.0.ln_2.weight': [128],
      'transformer.h.0.ln_2.bias': [128],
      'transformer.h.0.mlp.c_fc.weight': [128, 512],
      'transformer.h.0.mlp.c_fc.bias': [512],
      'transformer.h.0.mlp.c_proj.weight': [512, 128],
      'transformer.h.0.mlp.c_proj.bias': [128],
      'transformer.ln_f.weight': [128],
      'transformer.ln_f.bias': [128],
    })
    expect(parameterCount).toBe(entries.reduce((sum, { size }) => sum + size, 0))
    expect(ignored).toContain('lm_head.weight')
    // GPT-2 small has 124,439,808 parameters.
    expect(checkModel(gpt2({ vocabSize: 50_257, nPositions: 1024, nEmbd: 768, nLayer: 12, nHead: 12 })).parameterCount).toBe(124_439_808)
  })

  it('refuses what does not fit together, by name', () => {
    expect(() => checkModel(gpt2({ nHead: 3 }))).toThrow(/"nEmbd" must divide into 3 heads \("nHead"\), got 128/)
    expect(() => checkModel(gpt2({ nLayer: 0 }))).toThrow(/"nLayer" must be a whole number of at least 1, got 0/)
    expect(() => checkModel(gpt2({ dropout: 1 }))).toThrow(/"dropout" must be at least 0 and below 1, got 1/)
  })
})

describe('starting weights', () => {
  it('are PyTorch’s uniform distribution in ±1/√in, with gaps of zero', () => {
    const spec = trainingSpec([784], mlp(256, 10), { seed: 3 })
    const vector = initialParameters(spec)
    const layout = layoutOf(spec)
    for (const { name, offset, size } of layout.entries) {
      const bound = 1 / Math.sqrt(name.startsWith('0') ? 784 : 256)
      const part = vector.subarray(offset, offset + size)
      expect(
        part.every((value) => Math.abs(value) <= bound),
        name,
      ).toBe(true)
      if (size < 1000) continue
      const mean = part.reduce((sum, value) => sum + value, 0) / size
      const variance = part.reduce((sum, value) => sum + value * value, 0) / size
      expect(Math.abs(mean), name).toBeLessThan(bound * 0.03)
      expect(variance / (bound * bound * (1 / 3)), name).toBeCloseTo(1, 1)
    }
    expect(vector.slice(200_970, 201_024).every((value) => value === 0)).toBe(true)
  })

  it('of an embedding are normal with deviation 1, as PyTorch’s', () => {
    const spec = trainingSpec(
      [4],
      [
        { type: 'embedding', numEmbeddings: 200, embeddingDim: 50 },
        { type: 'linear', units: 2 },
      ],
      { seed: 5 },
    )
    const { offset, size } = layoutOf(spec).entries.find(({ name }) => name === '0.weight') ?? { offset: 0, size: 0 }
    const values = initialParameters(spec).subarray(offset, offset + size)
    const mean = values.reduce((sum, value) => sum + value, 0) / size
    const moment = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / size
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(moment(2)).toBeCloseTo(1, 1)
    expect(moment(4) / moment(2) ** 2, 'the kurtosis of a normal distribution').toBeCloseTo(3, 0)
    expect(Array.from(values.subarray(0, 3))).toMatchInlineSnapshot(`
      [
        0.42939165234565735,
        -0.02336118370294571,
        -0.9933957457542419,
      ]
    `)
  })

  it('depend on seed and name only, and their hash is golden', async () => {
    const spec = trainingSpec([784], mlp(256, 10), { seed: 0 })
    const layout = layoutOf(spec)
    const hash = await thetaHash(initialParameters(spec), layout)
    expect(hash).toBe('7f4749ef5d1b350182aec83aa13eb66d44851c171b7925ea911b505ea3a1344a')
    expect(await thetaHash(initialParameters({ ...spec, seed: 1 }), layout)).not.toBe(hash)
    expect(await thetaHash(initialParameters({ ...spec, seed: 2 ** 40 }), layout)).not.toBe(hash)
    const padded = initialParameters(spec)
    padded[200_975] = 5
    expect(await thetaHash(padded, layout), 'padding is not hashed').toBe(hash)
  })

  it('come from the published generator: known answers of Random123', () => {
    const bits = new Uint32Array(2)
    threefry2x32(0, 0, 0, 0, bits)
    expect([...bits]).toEqual([0x6b200159, 0x99ba4efe])
    threefry2x32(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, bits)
    expect([...bits]).toEqual([0x1cb996fc, 0xbb002be7])
    threefry2x32(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, bits)
    expect([...bits]).toEqual([0xc4923a9c, 0x483df7a0])
  })
})

describe('plans', () => {
  it('share slots between activations that are never alive together', () => {
    const layers = Array.from({ length: 20 }, () => [{ type: 'linear', units: 64 }, { type: 'relu' }]).flat()
    const program = compileProgram(trainingSpec([64], [...layers, { type: 'linear', units: 10 }]), 32)
    const bytes = program.perBatch.filter(({ category }) => category === 'activations').reduce((sum, buffer) => sum + buffer.bytes, 0)
    const one = 32 * 64 * 4
    expect(bytes, 'one saved activation per layer, and a few temporaries').toBeLessThan(one * 25)
    expect(bytes).toBeGreaterThanOrEqual(one * 20)
  })

  it('never give one slot to two live tensors, and never read and write one buffer in a dispatch', () => {
    const program = compileProgram(trainingSpec([7], mlp(6, 3)), 5)
    for (const dispatch of [...program.train, ...program.update, ...program.evaluate]) {
      const written = dispatch.bindings.filter(({ access }) => access === 'read_write').map(({ buffer }) => buffer)
      const read = dispatch.bindings.filter(({ access }) => access === 'read').map(({ buffer }) => buffer)
      expect(
        read.filter((buffer) => written.includes(buffer)),
        dispatch.label,
      ).toEqual([])
    }
  })

  it('compute no gradient towards the input', () => {
    const program = compileProgram(trainingSpec([784], mlp(256, 10)), 64)
    const matmuls = program.train.filter(({ label }) => label.startsWith('matmul'))
    // Two forward, two weight gradients, one hidden gradient.
    expect(matmuls).toHaveLength(5)
    expect(
      program.evaluate.filter(({ label }) => label.startsWith('unary')),
      'activations are fused',
    ).toHaveLength(0)
  })

  it('estimate grows with the batch only in what depends on it', () => {
    const spec = trainingSpec([784], mlp(256, 10), { optimizer: { type: 'adamw', lr: 1, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 } })
    const [small, large] = [estimateMemory(spec, 1), estimateMemory(spec, 64)]
    expect(small.vectorBytes).toBe(203_584 * 4)
    for (const key of ['parameters', 'gradients', 'optimizer', 'staging'] as const) expect(small.breakdown[key]).toBe(large.breakdown[key])
    expect(large.breakdown.activations).toBeGreaterThan(small.breakdown.activations)
    expect(large.breakdown.optimizer).toBe(2 * small.vectorBytes)
    expect(() => estimateMemory(spec, 0)).toThrow(/whole number of at least 1, got 0|at least 1 is needed, got 0/)
  })

  it('slots: the smallest that fits, else the largest grows', () => {
    const slots = new SlotAllocator()
    const [a, b] = [slots.take(100), slots.take(50)]
    slots.give(a)
    slots.give(b)
    expect(slots.take(40)).toBe(b)
    expect(slots.take(200)).toBe(a)
    expect(slots.sizesBytes).toEqual([200, 50])
    slots.give(a)
    expect(() => slots.give(a)).toThrow(/given back twice/)
  })

  it('grids cover their count within the limit of a dimension', () => {
    for (const count of [1, 65_535, 65_536, 1_000_003, 65_535 * 65_535]) {
      const [x, y] = linearGrid(count)
      expect(x * y).toBeGreaterThanOrEqual(count)
      expect(Math.max(x, y)).toBeLessThanOrEqual(65_535)
    }
  })

  it('float literals survive WGSL', () => {
    for (const value of [0, 1, -2.5, 0.1, 1e-8, 3e38, 2 ** -24]) {
      const text = wgslFloat(value)
      expect(text).toMatch(/^-?[\d.]+(e[+-]?\d+)?f$/)
      expect(Math.fround(Number(text.slice(0, -1)))).toBe(Math.fround(value))
    }
    expect(() => wgslFloat(Number.NaN)).toThrow()
  })
})

describe('the memory ledger', () => {
  it('refuses before the limit is crossed, with the numbers', () => {
    const ledger = new MemoryLedger(1000)
    const entry = { label: 'a', bytes: 600, category: 'io' as const }
    ledger.add(entry)
    expect(() => ledger.admit([{ label: 'b', bytes: 401, category: 'io' }])).toThrow(
      /401 bytes needed \(largest: b, 401\), but only 400 of the 1000-byte limit are free/,
    )
    ledger.admit([{ label: 'b', bytes: 400, category: 'io' }])
    ledger.remove(entry)
    ledger.remove(entry)
    expect([ledger.usedBytes, ledger.liveBuffers]).toEqual([0, 0])
  })
})
