/** The provider's own rules, without a GPU: what a real Worker does is in `test/browser/compute.test.ts`. */
import { describe, expect, it } from 'vitest'
import { TabCompute } from '../../../../browser/compute/index.ts'
import { type FromCompute, loopbackPorts, type SpawnedHost, type ToCompute } from '../../../../protocol/compute/index.ts'
import { ManualClock } from '../../../manual-clock.ts'
import { jobSpec } from '../../../sim/specs.ts'
import { MEMORY } from '../../compute/fake.ts'

const DEVICE = { vendor: 'fake', architecture: '', description: 'fake', backend: 'webgpu', type: 'cpu', features: [], limits: {} }
const never = new AbortController().signal

/** Hosts that answer `init`, `release`, `memory`, `throttle` and `shutdown`, and note what they were asked. */
class Hosts {
  readonly asked: ToCompute[] = []
  readonly alive: SpawnedHost[] = []
  started = 0
  refuse: string | null = null
  notify: (message: FromCompute) => void = () => {}
  /** While a host opens its device. */
  opening: () => void = () => {}

  readonly spawn = (): SpawnedHost => {
    this.started += 1
    const { client, server } = loopbackPorts({ clone: true })
    let exit = (): void => {}
    const exited = new Promise<void>((resolve) => {
      exit = resolve
    })
    const host: SpawnedHost = {
      port: client,
      exited,
      label: String(this.started),
      kill: () => {
        this.alive.splice(this.alive.indexOf(host), 1)
        server.close()
        exit()
      },
    }
    this.alive.push(host)
    this.notify = (message) => server.post(message)
    server.onClose(() => {})
    server.onMessage((message) => {
      this.asked.push(message)
      if (message.type !== 'call') return
      const { id, method } = message
      if (method === 'init') this.opening()
      if (method === 'init' && this.refuse !== null) {
        server.post({ type: 'failed', id, error: { code: 'NO_ADAPTER', message: this.refuse, detail: {} } })
        return
      }
      const usage = { limitPercent: 50, measuredPercent: 0, gpuSeconds: 0, memory: MEMORY }
      if (method === 'init') server.post({ type: 'result', id, result: { device: DEVICE, memory: MEMORY } })
      else if (method === 'memory') server.post({ type: 'result', id, result: MEMORY })
      else if (method === 'throttle') server.post({ type: 'result', id, result: usage })
      else server.post({ type: 'result', id, result: {} })
      if (method === 'shutdown') queueMicrotask(() => queueMicrotask(() => host.kill()))
    })
    return host
  }
}

/** What is under way between the peer and its host. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

function start(): { compute: TabCompute; hosts: Hosts; clock: ManualClock } {
  const hosts = new Hosts()
  const clock = new ManualClock()
  const compute = new TabCompute({ clock, spawn: hosts.spawn, limits: { dutyPercent: 50, memoryLimitBytes: 1000 } })
  return { compute, hosts, clock }
}

describe('the compute provider of a tab', () => {
  it('starts nothing by itself, and gives everything back', async () => {
    const { compute, hosts } = start()
    expect([compute.device, compute.slots, hosts.started]).toEqual([null, 0, 0])
    await expect(compute.acquire('a', never)).rejects.toMatchObject({ code: 'COMPUTE_GONE' })
    await compute.enable()
    expect(hosts.asked[0]).toMatchObject({ method: 'init', params: { dutyPercent: 50, memoryLimitBytes: 1000 } })
    expect([compute.device, compute.slots]).toEqual([DEVICE, 1])
    await compute.enable()
    expect(hosts.started, 'enabled once').toBe(1)
    await compute.disable()
    expect([compute.device, compute.slots, hosts.alive.length]).toEqual([null, 0, 0])
  })

  it('knows what jobs take from the first contribution on', async () => {
    const { compute } = start()
    const spec = jobSpec(1)
    expect(() => compute.estimateBytes(spec)).toThrow('has not loaded yet')
    await compute.enable()
    expect(compute.estimateBytes(spec)).toBeGreaterThan(4 * compute.vectorLength(spec))
    await compute.disable()
    expect(compute.estimateBytes(spec)).toBeGreaterThan(0)
  })

  it('limits that change while the device is being opened hold for it, the first time and after a crash', async () => {
    const { compute, hosts, clock } = start()
    const told = (): unknown => hosts.asked.findLast((message) => message.type === 'call' && message.method === 'throttle')
    hosts.opening = () => compute.setLimits({ memoryLimitBytes: 10 })
    await compute.enable()
    await settled()
    expect(told()).toMatchObject({ params: { dutyPercent: 50, memoryLimitBytes: 10 } })
    hosts.opening = () => compute.setLimits({ dutyPercent: 5 })
    hosts.alive[0]?.kill()
    await settled()
    await clock.run(1000)
    expect([hosts.started, compute.slots]).toEqual([2, 1])
    expect(told()).toMatchObject({ params: { dutyPercent: 5, memoryLimitBytes: 10 } })
    await compute.disable()
  })

  it('a pause takes the slot and keeps the device', async () => {
    const { compute } = start()
    let changes = 0
    compute.onChange(() => {
      changes += 1
    })
    await compute.enable()
    changes = 0
    compute.setOpen(false)
    expect([compute.device, compute.slots, changes]).toEqual([DEVICE, 0, 1])
    compute.setOpen(false)
    expect(changes).toBe(1)
  })

  it('one job at a time: the next waits until the first has let go', async () => {
    const { compute, hosts } = start()
    await compute.enable()
    const client = await compute.acquire('a', never)
    expect(await compute.acquire('a', never), 'the same job may ask again').toBe(client)
    let second = false
    const waiting = compute.acquire('b', never).then(() => {
      second = true
    })
    const abort = new AbortController()
    const given = compute.acquire('c', abort.signal)
    abort.abort(new Error('not any more'))
    await expect(given).rejects.toThrow('not any more')
    expect([second, compute.jobId]).toEqual([false, 'a'])
    await compute.release('x')
    await compute.release('a')
    await waiting
    expect(compute.jobId).toBe('b')
    expect(hosts.asked.some((message) => message.type === 'call' && message.method === 'release')).toBe(true)
  })

  it('an adapter that cannot be opened is an error, and leaves nothing', async () => {
    const { compute, hosts } = start()
    hosts.refuse = 'no usable GPU'
    await expect(compute.enable()).rejects.toThrow('no usable GPU')
    expect([compute.device, compute.slots, hosts.alive.length]).toEqual([null, 0, 0])
    await expect(compute.probe()).rejects.toThrow('no usable GPU')
    hosts.refuse = null
    expect((await compute.probe()).device).toEqual(DEVICE)
    expect([compute.device, hosts.alive.length], 'a probe leaves nothing running').toEqual([null, 0])
  })

  it('a host that ends: no slot until the next one is there; release is no error', async () => {
    const { compute, hosts, clock } = start()
    await compute.enable()
    const client = await compute.acquire('a', never)
    const pending = client.hash('a')
    pending.catch(() => {})
    hosts.alive[0]?.kill()
    await clock.run(0)
    await expect(client.memory()).rejects.toMatchObject({ code: 'COMPUTE_GONE' })
    expect(compute.slots).toBe(0)
    expect(compute.trouble).not.toBeNull()
    await compute.release('a')
    await clock.run(300)
    expect([compute.slots, compute.trouble, hosts.started]).toEqual([1, null, 2])
  })

  it('a lost device is opened again, with growing pauses while the browser refuses', async () => {
    const { compute, hosts, clock } = start()
    await compute.enable()
    const inits = () => hosts.asked.filter((message) => message.type === 'call' && message.method === 'init').length
    hosts.refuse = 'not yet'
    hosts.notify({ type: 'notice', notice: { kind: 'device-lost', error: { code: 'DEVICE_LOST', message: 'GPU device lost: pulled out', detail: {} } } })
    await clock.run(0)
    expect([compute.slots, compute.trouble?.message]).toEqual([0, 'GPU device lost: pulled out'])
    expect(compute.device, 'it is still this tab’s device').toEqual(DEVICE)
    await clock.run(2_000)
    expect(inits(), 'after 0.25, 0.75 and 1.75 s').toBe(4)
    hosts.refuse = null
    await clock.run(3_000)
    expect([compute.slots, compute.trouble, hosts.started]).toEqual([1, null, 1])
    await clock.run(60_000)
    expect(inits(), 'and then no more').toBe(5)
  })

  it('limits are told at once, and to the next host too', async () => {
    const { compute, hosts } = start()
    await compute.enable()
    compute.setLimits({ dutyPercent: 20 })
    compute.setLimits({ dutyPercent: 20 })
    await expect.poll(() => hosts.asked.filter((message) => message.type === 'call' && message.method === 'throttle')).toHaveLength(1)
    await compute.disable()
    await compute.enable()
    expect(hosts.asked.at(-1)).toMatchObject({ method: 'init', params: { dutyPercent: 20 } })
  })
})
