/** `cyxwiz bench matmul` and `cyxwiz bench step`: how fast the training core is on this adapter, and against whom. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { MatmulForm } from '../../kernels/ops/matmul/types.ts'
import type { DeviceReport } from '../../kernels/report.ts'
import type { Precision } from '../../kernels/spec.ts'
import { RIVAL_NAMES, type RivalName } from '../bench/kernels/contender.ts'
import { FORMS, measureProducts, type ProductFigures } from '../bench/kernels/matmul.ts'
import { DEFAULT_MODELS, MODEL_NAMES, type ModelName } from '../bench/kernels/models.ts'
import { openRivals, type Rival } from '../bench/kernels/rivals.ts'
import { measureSteps, type StepFigures } from '../bench/kernels/step.ts'
import { nativeRetuning, openNativeDevice, tuningPath } from '../compute/index.ts'
import { type CommonOptions, type DeviceOptions, parseCount, withCommonOptions, withDeviceOptions } from './args.ts'
import { loadText, measured, say } from './measured.ts'
import { type Output, runCommand } from './output.ts'

interface KernelBenchOptions extends CommonOptions, DeviceOptions {
  readonly against: readonly RivalName[]
  readonly blocks: number
  readonly precision: Precision
}

interface StepCommandOptions extends KernelBenchOptions {
  readonly model: readonly ModelName[]
  readonly profile?: boolean
}

interface MatmulCommandOptions extends KernelBenchOptions {
  readonly sizes: readonly number[]
  readonly forms: readonly MatmulForm[]
}

export function registerKernelBenches(bench: Command): void {
  withKernelOptions(bench.command('matmul'), 5)
    .description('products of square matrices in the forms of forward and backward passes; times every kernel anew and keeps the choices')
    .option('--sizes <list>', 'rows, such as 512,1024', parseSizes, [512, 1024])
    .option('--forms <list>', 'NN, NT (second transposed), TN (first transposed)', listOf(FORMS), FORMS)
    .action((options: MatmulCommandOptions) => runCommand(options, (output) => benchMatmul(options, output)))
  withKernelOptions(bench.command('step'), 12)
    .description('training steps of a small MLP, CNN and GPT')
    .option('--model <list>', 'mlp, cnn, gpt, gpt2-small (124 M parameters: for real GPUs)', listOf(MODEL_NAMES), DEFAULT_MODELS)
    .option('--profile', 'also tell where the time of a step goes, kernel by kernel')
    .action((options: StepCommandOptions) => runCommand(options, (output) => benchStep(options, output)))
}

function withKernelOptions(command: Command, blocks: number): Command {
  return withDeviceOptions(withCommonOptions(command))
    .option('--against <list>', 'libraries to compare with, on the same adapter: tfjs, jax-js (development dependencies)', listOf(RIVAL_NAMES), [])
    .option('--blocks <n>', 'turns that each contender gets', parseCount, blocks)
    .addOption(new Option('--precision <name>', 'mixed: halves multiplied, summed in f32 (rivals stay f32)').choices(['f32', 'mixed']).default('f32'))
}

async function benchStep(options: StepCommandOptions, output: Output): Promise<number> {
  return measured(async (signal, machine) => {
    const { device, report, close } = await openNativeDevice({ gpu: options.gpu, memoryLimitBytes: options.memoryLimit ?? null })
    const rivals = await rivalsOf(options)
    const results = await measureSteps({
      device,
      models: options.model,
      rivals,
      precision: options.precision,
      blocks: options.blocks,
      profile: options.profile === true,
      signal,
      say,
    })
    close()
    output.result(
      { bench: 'step', precision: options.precision, machine: machine(), device: report, versions: versionsOf(rivals), results },
      [headOf(report, rivals), ...stepTable(results), ...results.flatMap(profileOf), loadText(machine())].join('\n'),
    )
  })
}

async function benchMatmul(options: MatmulCommandOptions, output: Output): Promise<number> {
  return measured(async (signal, machine) => {
    const { device, report, close } = await openNativeDevice({ gpu: options.gpu, memoryLimitBytes: options.memoryLimit ?? null }, nativeRetuning(tuningPath()))
    const rivals = await rivalsOf(options)
    const results = await measureProducts({
      device,
      sizes: options.sizes,
      forms: options.forms,
      rivals,
      precision: options.precision,
      blocks: options.blocks,
      signal,
      say,
    })
    close()
    output.result(
      { bench: 'matmul', precision: options.precision, machine: machine(), device: report, versions: versionsOf(rivals), results },
      [headOf(report, rivals), ...matmulTable(results), ...results.flatMap(candidatesOf), loadText(machine())].join('\n'),
    )
  })
}

async function rivalsOf({ against, gpu }: KernelBenchOptions): Promise<Rival[]> {
  if (against.length === 0) return []
  const { rivals, missing } = await openRivals(against, gpu)
  for (const line of missing) say(line)
  return rivals
}

const versionsOf = (rivals: readonly Rival[]) => Object.fromEntries(rivals.map(({ name, version }) => [name, version]))

const headOf = (report: DeviceReport, rivals: readonly Rival[]): string =>
  [`${report.description} (${report.backend})`, ...rivals.map(({ name, version }) => `${name} ${version}`)].join(', ')

const row = (...cells: readonly string[]): string => cells.map((cell, i) => (i === 0 ? cell.padEnd(6) : cell.padStart(12))).join('')

const figure = (value: number | undefined): string => value?.toFixed(2) ?? '-'
const times = (ratio: number | undefined): string => (ratio === undefined ? '-' : `${ratio.toFixed(2)}x`)

function stepTable(results: readonly StepFigures[]): string[] {
  const rivals = [...new Set(results.flatMap(({ ratios }) => Object.keys(ratios)))]
  return [
    row('model', 'ms a step', 'best', 'CPU ms', 'host ms', ...rivals.flatMap((name) => [`${name} ms`, 'CPU ms', 'times ours'])),
    ...results.map(({ model, medianMs, minMs, cpuMs, hostMs, ratios }) =>
      row(
        model,
        ...[medianMs.cyxwiz, minMs.cyxwiz, cpuMs.cyxwiz, hostMs].map(figure),
        ...rivals.flatMap((name) => [figure(medianMs[name]), figure(cpuMs[name]), times(ratios[name])]),
      ),
    ),
    ...results.flatMap(({ model, tokensPerSecond }) => (tokensPerSecond === null ? [] : [`${model}: ${Math.round(tokensPerSecond)} tokens/s`])),
    ...results.flatMap(({ model, failed }) => Object.entries(failed).map(([name, why]) => `${model}: ${name} cannot run it: ${why}`)),
  ]
}

function matmulTable(results: readonly ProductFigures[]): string[] {
  const rivals = [...new Set(results.flatMap(({ ratios }) => Object.keys(ratios)))]
  return [
    row('form', 'size', 'GFLOPS', 'CPU ms', ...rivals.flatMap((name) => [name, 'CPU ms', 'times ours']), 'variant'),
    ...results.map(({ form, size, variant, gflops, cpuMs, ratios }) =>
      row(
        form,
        String(size),
        ...[gflops.cyxwiz, cpuMs.cyxwiz].map(figure),
        ...rivals.flatMap((name) => [figure(gflops[name]), figure(cpuMs[name]), times(ratios[name])]),
        variant,
      ),
    ),
  ]
}

function candidatesOf({ form, size, tuned }: ProductFigures): string[] {
  if (tuned === null) return []
  const timed = Object.entries(tuned.microseconds).sort(([, a], [, b]) => a - b)
  const candidates = timed.map(([name, microseconds]) => `${name} ${(microseconds / 1000).toFixed(2)} ms`)
  return [`${form} ${size}: ${[...candidates, ...Object.entries(tuned.rejected).map(([name, why]) => `${name} ${why}`)].join(', ')}`]
}

/** Kernels by share of the step, the smallest left out. */
const SHOWN_SHARE = 0.01

function profileOf({ model, profile }: StepFigures): string[] {
  if (profile === null) return []
  const sums = new Map<string, { nanoseconds: number; count: number }>()
  for (const { label, nanoseconds } of profile) {
    const kernel = label.replace(/\.\d+:/, ':')
    const sum = sums.get(kernel) ?? { nanoseconds: 0, count: 0 }
    sums.set(kernel, { nanoseconds: sum.nanoseconds + nanoseconds, count: sum.count + 1 })
  }
  const total = profile.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0)
  const shown = [...sums].sort(([, a], [, b]) => b.nanoseconds - a.nanoseconds).filter(([, { nanoseconds }]) => nanoseconds >= SHOWN_SHARE * total)
  return [
    `${model}: ${profile.length} dispatches, ${(total / 1e6).toFixed(2)} ms one after the other`,
    ...shown.map(
      ([kernel, { nanoseconds, count }]) =>
        `${((100 * nanoseconds) / total).toFixed(1).padStart(6)} %${(nanoseconds / 1e6).toFixed(2).padStart(9)} ms ${String(count).padStart(4)} × ${kernel}`,
    ),
  ]
}

function listOf<T extends string>(known: readonly T[]): (text: string) => readonly T[] {
  return (text) => {
    const names = text.split(',').map((name) => name.trim())
    const wrong = names.find((name) => !known.includes(name as T))
    if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is none of ${known.join(', ')}.`)
    return [...new Set(names as T[])]
  }
}

function parseSizes(text: string): number[] {
  return text.split(',').map(parseCount)
}
