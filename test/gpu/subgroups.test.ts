/**
 * Kernels of subgroups for hardware that is not at hand: Dawn's null backend compiles them for 4 to 128 lanes and runs
 * nothing. That they compute rightly is tested where there is a device with subgroups (`ops.test.ts`).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BASELINE_CAPS } from '../../kernels/device/caps.ts'
import { type KernelDevice, openDevice } from '../../kernels/index.ts'
import { assembleKernel } from '../../kernels/plan/wgsl.ts'
import { OP_CASES } from '../op-cases.ts'
import { dawn } from './dawn.ts'
import { distinctVariants } from './suites/run-variant.ts'

const cases = OP_CASES.filter(({ op }) => op.alias !== true)

describe('kernels of subgroups', () => {
  let device: KernelDevice
  beforeAll(async () => {
    device = await openDevice(await dawn(['backend=null']))
  })
  afterAll(() => device.dispose())

  it('there are none where the number of lanes is not known', () => {
    const caps = { ...BASELINE_CAPS, subgroups: true, subgroupMinSize: 8, subgroupMaxSize: 32 }
    for (const opCase of cases) {
      for (const kind of ['cpu', 'gpu'] as const) {
        const found = distinctVariants(opCase, [{ ...caps, kind }]).filter(({ enable = [] }) => enable.includes('subgroups'))
        expect(
          found.map(({ name }) => name),
          opCase.title,
        ).toEqual([])
      }
    }
  })

  it.each([4, 16, 32, 64])('of %i lanes compile, one subgroup to a workgroup', async (lanes) => {
    const caps = { ...BASELINE_CAPS, f16: device.caps.f16, subgroups: true, subgroupMinSize: lanes, subgroupMaxSize: lanes }
    const compiled = new Set<string>()
    for (const opCase of cases) {
      for (const variant of distinctVariants(opCase, [caps])) {
        if (!variant.enable?.includes('subgroups')) continue
        expect(variant.code, `${opCase.title}, ${variant.name}`).toContain(`@workgroup_size(${lanes})`)
        const operands = variant.operands.map((operand, i) => ({ ...operand, access: i < opCase.inputs.length ? ('read' as const) : ('read_write' as const) }))
        const { wgsl } = assembleKernel(operands, variant.usesStep === true, variant.enable, variant.code)
        const { messages } = await device.raw.createShaderModule({ code: wgsl }).getCompilationInfo()
        expect(
          messages.map(({ message }) => message),
          `${opCase.title}, ${variant.name}`,
        ).toEqual([])
        compiled.add(opCase.op.name)
      }
    }
    for (const op of [
      'matmul',
      'conv2d',
      'conv2d-input-grad',
      'conv2d-weight-grad',
      'attention',
      'attention-grad',
      'softmax-cross-entropy',
      'norm',
      'embedding-grad',
    ])
      expect([...compiled]).toContain(op)
  })
})
