/**
 * The job file (DESIGN 8.3) as one zod schema: form, CLI, file and wire are all checked here, and only here. Defaults
 * are applied on the way in, so that everything behind may rely on complete values.
 *
 * Refuses what this version cannot train with `UNSUPPORTED`, by name; nothing is silently ignored.
 */
import * as z from 'zod/mini'
import type { ModelSpec, TrainingSpec } from '../../kernels/spec.ts'
import { SpecError } from './errors.ts'
import { allProblems, firstProblem } from './spec-errors.ts'

const MAX_DIMENSION = 1 << 24
const MAX_NAME_LENGTH = 100
const MAX_LAYERS = 1000

const size = z.int().check(z.gte(1), z.lte(MAX_DIMENSION))
const positive = z.number().check(z.gt(0))
const nonNegative = z.number().check(z.gte(0))
const share = z.number().check(z.gte(0), z.lt(1))
const count = z.int().check(z.gte(1), z.lte(Number.MAX_SAFE_INTEGER))

/** Height and width: one number for both, or two. */
const pair = (low: number, high: number) => {
  const side = z.int().check(z.gte(low), z.lte(high))
  return z.union([side, z.tuple([side, side])])
}
const window = { kernel: pair(1, 1024), stride: z.optional(pair(1, 1024)), padding: z._default(pair(0, 512), 0) }
const eps = (standard: number) => z._default(z.number().check(z.gte(1e-12), z.lte(1)), standard)
const channelCount = z.int().check(z.gte(1), z.lte(65_536))

const recurrent = {
  hiddenSize: channelCount,
  numLayers: z._default(z.int().check(z.gte(1), z.lte(64)), 1),
  output: z._default(z.enum(['sequence', 'last']), 'sequence'),
}

const plainLayers = [
  z.strictObject({ type: z.literal('linear'), units: size, bias: z._default(z.boolean(), true) }),
  z.strictObject({ type: z.literal('relu') }),
  z.strictObject({ type: z.literal('silu') }),
  z.strictObject({ type: z.literal('tanh') }),
  z.strictObject({ type: z.literal('sigmoid') }),
  z.strictObject({ type: z.literal('leakyrelu'), negativeSlope: z._default(z.number().check(z.gte(0), z.lte(1e6)), 0.01) }),
  z.strictObject({ type: z.literal('gelu'), approximate: z._default(z.enum(['none', 'tanh']), 'none') }),
  z.strictObject({ type: z.literal('dropout'), p: z._default(z.number().check(z.gte(0), z.lte(0.999)), 0.5) }),
  z.strictObject({ type: z.literal('flatten') }),
  z.strictObject({ type: z.literal('reshape'), shape: z.array(z.int().check(z.gte(-1), z.lte(MAX_DIMENSION))).check(z.minLength(1), z.maxLength(4)) }),
  z.strictObject({ type: z.literal('softmax'), dim: z._default(z.int().check(z.gte(-8), z.lte(8)), -1) }),
  z.strictObject({
    type: z.literal('conv2d'),
    channels: channelCount,
    kernel: pair(1, 1024),
    stride: z._default(pair(1, 1024), 1),
    padding: z._default(pair(0, 1024), 0),
    groups: z._default(channelCount, 1),
    bias: z._default(z.boolean(), true),
  }),
  z.strictObject({ type: z.literal('maxpool2d'), ...window }),
  z.strictObject({ type: z.literal('avgpool2d'), ...window }),
  z.strictObject({ type: z.literal('globalavgpool2d') }),
  z.strictObject({ type: z.literal('batchnorm2d'), eps: eps(1e-5), momentum: z._default(z.number().check(z.gte(0), z.lte(1)), 0.1) }),
  z.strictObject({ type: z.literal('layernorm'), eps: eps(1e-5) }),
  z.strictObject({ type: z.literal('rmsnorm'), eps: eps(2 ** -23) }),
  z.strictObject({ type: z.literal('groupnorm'), numGroups: channelCount, eps: eps(1e-5) }),
  z.strictObject({ type: z.literal('lstm'), ...recurrent }),
  z.strictObject({ type: z.literal('gru'), ...recurrent }),
  z.strictObject({ type: z.literal('embedding'), numEmbeddings: size, embeddingDim: channelCount }),
] as const

/** Layers that hold residual blocks, which hold layers: as deep as anybody builds, so that no file makes the reader recurse without end. */
const innermost = z.discriminatedUnion('type', plainLayers)
const inner = z.discriminatedUnion('type', [...plainLayers, residualOf(innermost)])
const middle = z.discriminatedUnion('type', [...plainLayers, residualOf(inner)])
const layer = z.discriminatedUnion('type', [...plainLayers, residualOf(middle)])

function residualOf<T extends z.ZodMiniType>(layers: T) {
  return z.strictObject({ type: z.literal('residual'), layers: z.array(layers).check(z.minLength(1), z.maxLength(MAX_LAYERS)) })
}

const model = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sequential'),
    input: z.array(size).check(z.minLength(1), z.maxLength(4)),
    layers: z.array(layer).check(z.minLength(1), z.maxLength(MAX_LAYERS)),
  }),
  z.strictObject({
    kind: z.literal('gpt2'),
    vocabSize: size,
    nPositions: channelCount,
    nEmbd: channelCount,
    nLayer: z.int().check(z.gte(1), z.lte(MAX_LAYERS)),
    nHead: channelCount,
    dropout: z._default(share, 0.1),
  }),
])

/** Shape of one sample. */
export function inputOf(model: ModelSpec): readonly number[] {
  return model.kind === 'gpt2' ? [model.nPositions] : model.input
}

const lossObject = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('cross-entropy'),
    labelSmoothing: z._default(share, 0),
    ignoreIndex: z._default(z.int(), -100),
  }),
  z.strictObject({ type: z.literal('mse') }),
  z.strictObject({ type: z.literal('l1') }),
  z.strictObject({ type: z.literal('huber'), delta: z._default(positive, 1) }),
  z.strictObject({ type: z.literal('bce-with-logits') }),
])
const lossName = z.pipe(
  z.enum(['cross-entropy', 'mse', 'l1', 'huber', 'bce-with-logits']),
  z.transform((type) => lossObject.parse({ type })),
)

const betas = z.tuple([share, share])
const adamOptions = {
  lr: z._default(positive, 0.001),
  betas: z._default(betas, [0.9, 0.999]),
  eps: z._default(positive, 1e-8),
}
const optimizer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('sgd'),
    lr: z._default(positive, 0.001),
    momentum: z._default(nonNegative, 0),
    nesterov: z._default(z.boolean(), false),
    weightDecay: z._default(nonNegative, 0),
  }),
  z.strictObject({ type: z.literal('adam'), ...adamOptions, weightDecay: z._default(nonNegative, 0) }),
  z.strictObject({ type: z.literal('adamw'), ...adamOptions, weightDecay: z._default(nonNegative, 0.01) }),
  z.strictObject({
    type: z.literal('lion'),
    lr: z._default(positive, 0.0001),
    betas: z._default(betas, [0.9, 0.99]),
    weightDecay: z._default(nonNegative, 0),
  }),
  z.strictObject({
    type: z.literal('muon'),
    lr: z._default(positive, 0.001),
    momentum: z._default(share, 0.95),
    nesterov: z._default(z.boolean(), true),
    weightDecay: z._default(nonNegative, 0.1),
    nsSteps: z._default(z.int().check(z.gte(1), z.lte(20)), 5),
    adjustLrFn: z._default(z.enum(['original', 'match_rms_adamw']), 'original'),
    /** Rate of what is no hidden matrix, which AdamW takes; null: `lr`. */
    adamwLr: z._default(z.nullable(positive), null),
    betas: z._default(betas, [0.9, 0.95]),
    eps: z._default(positive, 1e-8),
  }),
])

const schedule = z.strictObject({
  type: z._default(z.enum(['constant', 'cosine', 'linear', 'step']), 'constant'),
  warmupSteps: z._default(z.int().check(z.gte(0)), 0),
  minRatio: z._default(z.number().check(z.gte(0), z.lte(1)), 0),
  stepSize: z._default(count, 1000),
  gamma: z._default(positive, 0.1),
})

const limits = { limit: z.optional(count), testLimit: z.optional(count) }
/** Samples `x` and class ids `y`, as MNIST and its kin come. */
const idxPair = z.strictObject({ x: z.string(), y: z.string() })
const data = z.union([
  z.strictObject({ dataset: z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,63}$/)), ...limits }),
  z.strictObject({ files: z.strictObject({ train: z.string(), test: z.optional(z.string()) }), ...limits }),
  z.strictObject({ idx: z.strictObject({ train: idxPair, test: z.optional(idxPair) }), ...limits }),
  z.strictObject({ text: z.string(), tokenizer: z._default(z.literal('bytes'), 'bytes'), ...limits }),
  z.strictObject({ csv: z.string(), label: z.string(), ...limits }),
])

const sync = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('allreduce'),
    roundSteps: z._default(z.union([z.literal('auto'), z.int().check(z.gte(1), z.lte(100_000))]), 'auto'),
  }),
])

/** Every field but `data` and `init`, which name files in a job file and content in a signed spec. */
const common = {
  name: z._default(z.string().check(z.minLength(1), z.maxLength(MAX_NAME_LENGTH)), 'job'),
  model,
  shuffle: z._default(z.boolean(), true),
  loss: z._default(z.union([lossName, lossObject]), { type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 }),
  optimizer,
  schedule: z._default(schedule, { type: 'constant', warmupSteps: 0, minRatio: 0, stepSize: 1000, gamma: 0.1 }),
  clipNorm: z._default(z.nullable(positive), null),
  batchSize: z.int().check(z.gte(1), z.lte(1 << 20)),
  epochs: z._default(z.nullable(count), null),
  steps: z._default(z.nullable(count), null),
  precision: z._default(z.enum(['f32', 'mixed']), 'f32'),
  /** Of a step whose loss or gradient is not finite: it ends the job, or is left out. */
  nonFinite: z._default(z.enum(['stop', 'skip']), 'stop'),
  seed: z._default(z.int().check(z.gte(0), z.lte(0xffff_ffff)), 0),
  sync: z._default(sync, { mode: 'allreduce', roundSteps: 'auto' }),
  peers: z._default(
    z.strictObject({
      min: z._default(z.int().check(z.gte(1), z.lte(64)), 1),
      max: z._default(z.int().check(z.gte(1), z.lte(64)), 8),
    }),
    { min: 1, max: 8 },
  ),
  limits: z._default(
    z.strictObject({
      timeoutSeconds: z._default(z.number().check(z.gt(0), z.lte(30 * 86_400)), 3600),
      maxRetries: z._default(z.int().check(z.gte(0), z.lte(100)), 3),
      /** How long to wait for a peer that holds a checkpoint before starting from the beginning; null: not from the beginning. */
      waitForCheckpointSeconds: z._default(z.nullable(nonNegative.check(z.lte(30 * 86_400))), null),
    }),
    { timeoutSeconds: 3600, maxRetries: 3, waitForCheckpointSeconds: null },
  ),
  checkpointEveryRounds: z._default(z.nullable(count), 10),
  priority: z._default(z.int().check(z.gte(-100), z.lte(100)), 0),
}

/** For forms, which are generated from it. */
export const jobFile = z.strictObject({ ...common, data, init: z._default(z.nullable(z.string()), null) })

/** A job as a person writes it: paths are absolute or relative to the file it came from. */
export type JobFile = z.infer<typeof jobFile>

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const dataPart = z.strictObject({
  role: z.enum(['train-x', 'train-y', 'test-x', 'test-y', 'train', 'test', 'table', 'text']),
  format: z.enum(['idx', 'csv', 'safetensors', 'text']),
  gzip: z.boolean(),
  sha256,
  bytes: z.int().check(z.gte(0)),
})

const jobSpec = z.object({
  ...common,
  version: z.literal(1),
  /** Makes a clone another job: the id is the hash of the signed spec. */
  nonce: z.string().check(z.regex(/^[0-9a-f]{16,64}$/)),
  createdAt: z.string(),
  /** Whose job it is, by peer id: nobody else's signature makes it one. Absent in specs of older versions. */
  submitter: z.optional(z.string().check(z.maxLength(128))),
  data: z.strictObject({
    /** The data set's name, or what was uploaded; for people. */
    label: z.string().check(z.maxLength(200)),
    dataset: z.nullable(z.string()),
    labelColumn: z.nullable(z.string()),
    parts: z.array(dataPart).check(z.minLength(1), z.maxLength(8)),
    limit: z.nullable(count),
    testLimit: z.nullable(count),
  }),
  init: z.nullable(z.strictObject({ sha256, bytes: z.int().check(z.gte(0)) })),
  /** Steps of the whole run: given, or epochs × ⌊samples / batchSize⌋; known to the submitter, who has the data. */
  totalSteps: count,
  stepsPerEpoch: count,
  trainSamples: count,
  testSamples: z.int().check(z.gte(0)),
})

/** A job as peers agree on it: content hashes instead of paths, complete, immutable, signed. */
export type JobSpec = z.infer<typeof jobSpec>

export function parseJobFile(json: unknown): JobFile {
  return checked(jobFile, json, 'job file')
}

/** Everything that is wrong with a job file, for forms; empty when `parseJobFile` would take it. */
export function problemsOfJobFile(json: unknown): readonly SpecError[] {
  const result = jobFile.safeParse(json)
  if (!result.success) return allProblems(result.error, json, 'job file')
  const problem = crossProblem(result.data)
  return problem === null ? [] : [problem]
}

export function parseJobSpec(json: unknown): JobSpec {
  return checked(jobSpec, json, 'job spec')
}

interface Cross {
  readonly epochs: number | null
  readonly steps: number | null
  readonly peers: { readonly min: number; readonly max: number }
  readonly batchSize: number
  readonly optimizer: { readonly type: string; readonly momentum?: number; readonly nesterov?: boolean }
}

function checked<T extends Cross>(schema: z.ZodMiniType<T>, json: unknown, what: string): T {
  const result = schema.safeParse(json)
  if (!result.success) throw firstProblem(result.error, json, what)
  const problem = crossProblem(result.data)
  if (problem !== null) throw problem
  return result.data
}

/** What no single key can say. */
function crossProblem(job: Cross): SpecError | null {
  if ((job.epochs === null) === (job.steps === null)) {
    return new SpecError('BAD_SPEC', 'epochs', `epochs, steps: exactly one of the two must be given, got ${job.epochs === null ? 'neither' : 'both'}`)
  }
  if (job.peers.min > job.peers.max) {
    return new SpecError('BAD_SPEC', 'peers.min', `peers.min: must be at most peers.max (${job.peers.max}), got ${job.peers.min}`)
  }
  if (job.peers.min > job.batchSize) {
    return new SpecError('BAD_SPEC', 'peers.min', `peers.min: must be at most batchSize (${job.batchSize}), as everybody takes a row, got ${job.peers.min}`)
  }
  if (job.optimizer.nesterov && !job.optimizer.momentum) {
    return new SpecError('BAD_SPEC', 'optimizer.nesterov', 'optimizer.nesterov: needs a momentum above 0')
  }
  return null
}

/** The part of a job that the training core needs. */
export function trainingSpecOf(job: JobFile | JobSpec, totalSteps: number): TrainingSpec {
  return {
    model: job.model,
    loss: job.loss,
    optimizer: job.optimizer,
    schedule: job.schedule,
    clipNorm: job.clipNorm,
    precision: job.precision,
    nonFinite: job.nonFinite,
    seed: job.seed,
    totalSteps,
  }
}

/** Whether the job goes on after a step that is not finite. In mixed precision such steps tell how far gradients can be scaled. */
export function mayLeaveOut({ nonFinite, precision }: Pick<JobFile, 'nonFinite' | 'precision'>): boolean {
  return nonFinite === 'skip' || precision === 'mixed'
}

/** Steps of the whole run and of one epoch: the remainder of an epoch is left out. */
export function stepsOf(
  job: { batchSize: number; epochs: number | null; steps: number | null },
  trainSamples: number,
): { totalSteps: number; stepsPerEpoch: number } {
  const stepsPerEpoch = Math.floor(trainSamples / job.batchSize)
  if (stepsPerEpoch < 1) {
    throw new SpecError('BAD_SPEC', 'batchSize', `batchSize: must be at most the number of training samples (${trainSamples}), got ${job.batchSize}`)
  }
  return { stepsPerEpoch, totalSteps: job.steps ?? stepsPerEpoch * (job.epochs ?? 1) }
}
