/**
 * Jobs that can be submitted as they are, on data that is bundled or installable: places to start from for the dashboard
 * and for `cyxwiz example`. Their jobs are job files as a person writes them (DESIGN 8.3), defaults left out.
 */

export interface ExampleJob {
  readonly name: string
  readonly title: string
  readonly text: string
  readonly job: { readonly [key: string]: ExampleValue }
}

type ExampleValue = string | number | boolean | null | readonly ExampleValue[] | { readonly [key: string]: ExampleValue }

const adamw = { type: 'adamw', lr: 0.001 }

/** Convolution without bias, batch norm behind it. */
const normalised = (channels: number, stride = 1): ExampleValue[] => [
  { type: 'conv2d', channels, kernel: 3, stride, padding: 1, bias: false },
  { type: 'batchnorm2d' },
]
const relu = { type: 'relu' }
/** He et al. 2015 (arXiv 1512.03385), figure 2. */
const block = (channels: number): ExampleValue[] => [{ type: 'residual', layers: [...normalised(channels), relu, ...normalised(channels)] }, relu]

export const EXAMPLES: readonly ExampleJob[] = [
  {
    name: 'digits-mlp',
    title: 'Digits, small',
    text: '1,438 handwritten digits of 8×8 pixels. Done in seconds on any GPU: a first job, or a test of a mesh.',
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
    name: 'fashion-mlp',
    title: 'Fashion-MNIST',
    text: '60,000 images of clothes, one hidden layer of 256. Two epochs reach about 0.86 on the test images.',
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
    name: 'fashion-deep',
    title: 'Fashion-MNIST, deeper',
    text: 'Three hidden layers with GELU and dropout, cosine schedule with warm-up: more work for more peers.',
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
    name: 'digits-gru',
    title: 'Digits, row by row',
    text: 'A recurrent network reads the 8 rows of a digit one after the other. Seconds on any GPU, about 0.97.',
    job: {
      name: 'digits-gru',
      model: {
        kind: 'sequential',
        input: [64],
        layers: [
          { type: 'reshape', shape: [8, 8] },
          { type: 'gru', hiddenSize: 32, output: 'last' },
          { type: 'linear', units: 10 },
        ],
      },
      data: { dataset: 'digits' },
      optimizer: { type: 'adamw', lr: 0.01 },
      clipNorm: 1,
      batchSize: 64,
      epochs: 15,
    },
  },
  {
    name: 'digits-resnet',
    title: 'Digits, a small ResNet',
    text: 'Convolutions, batch norm and two residual blocks on 8×8 images. About 0.99 in six epochs.',
    job: {
      name: 'digits-resnet',
      model: {
        kind: 'sequential',
        input: [64],
        layers: [
          { type: 'reshape', shape: [1, 8, 8] },
          ...normalised(16),
          relu,
          ...block(16),
          ...normalised(32, 2),
          relu,
          ...block(32),
          { type: 'globalavgpool2d' },
          { type: 'linear', units: 10 },
        ],
      },
      data: { dataset: 'digits' },
      optimizer: { type: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.0005 },
      schedule: { type: 'cosine', warmupSteps: 20 },
      batchSize: 64,
      epochs: 6,
    },
  },
  {
    name: 'fashion-resnet',
    title: 'Fashion-MNIST, ResNet',
    text: 'The ResNet of He et al. for small images, cut to 28×28: three stages of 16, 32 and 64 channels, two blocks each. For real GPUs.',
    job: {
      name: 'fashion-resnet',
      model: {
        kind: 'sequential',
        input: [1, 28, 28],
        layers: [
          ...normalised(16),
          relu,
          ...block(16),
          ...block(16),
          ...normalised(32, 2),
          relu,
          ...block(32),
          ...block(32),
          ...normalised(64, 2),
          relu,
          ...block(64),
          ...block(64),
          { type: 'globalavgpool2d' },
          { type: 'linear', units: 10 },
        ],
      },
      data: { dataset: 'fashion-mnist' },
      optimizer: { type: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.0005 },
      schedule: { type: 'cosine', warmupSteps: 400 },
      batchSize: 128,
      epochs: 10,
    },
  },
  {
    name: 'moby-lstm',
    title: 'Moby-Dick, LSTM',
    text: 'Two layers of LSTM learn to write like Melville, a byte at a time.',
    job: {
      name: 'moby-lstm',
      model: {
        kind: 'sequential',
        input: [64],
        layers: [
          { type: 'embedding', numEmbeddings: 256, embeddingDim: 64 },
          { type: 'lstm', hiddenSize: 128, numLayers: 2 },
          { type: 'dropout', p: 0.1 },
          { type: 'linear', units: 256 },
        ],
      },
      data: { dataset: 'moby-dick', testLimit: 256 },
      optimizer: { type: 'adamw', lr: 0.003 },
      schedule: { type: 'cosine', warmupSteps: 100, minRatio: 0.1 },
      clipNorm: 1,
      batchSize: 64,
      epochs: 8,
    },
  },
  {
    name: 'moby-gpt',
    title: 'Moby-Dick, GPT',
    text: 'A GPT-2 of four layers and 0.8 million parameters on windows of 64 bytes. Opens in Hugging Face as GPT2LMHeadModel. For real GPUs.',
    job: {
      name: 'moby-gpt',
      model: { kind: 'gpt2', vocabSize: 256, nPositions: 64, nEmbd: 128, nLayer: 4, nHead: 4, dropout: 0.1 },
      data: { dataset: 'moby-dick', testLimit: 256 },
      optimizer: { type: 'adamw', lr: 0.001, betas: [0.9, 0.95], weightDecay: 0.1 },
      schedule: { type: 'cosine', warmupSteps: 100, minRatio: 0.1 },
      clipNorm: 1,
      batchSize: 64,
      epochs: 8,
    },
  },
]
