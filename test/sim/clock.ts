/**
 * The clocks of one simulated machine. The monotonic one runs fast or slow, stands still (a machine that sleeps) or leaps
 * ahead (it woke, or counts sleep), but never goes back; the wall clock is set to anything by people and time servers.
 */
import type { World } from './world.ts'

/** Wall clocks differ by up to some seconds from the start. */
const WALL_APART_MS = 700

export class PeerClock {
  private readonly world: World
  private readonly rate: number
  private base: number
  private since = 0
  private still = false
  private wallOffset: number
  /** World time of the last change. */
  changedAt = 0

  constructor(world: World, index: number, rate: number) {
    this.world = world
    this.rate = rate
    this.base = 1000 * (index + 1)
    this.wallOffset = 1_700_000_000_000 + WALL_APART_MS * index
  }

  /** Monotonic milliseconds as this machine sees them. */
  now(): number {
    return this.still ? this.base : this.base + (this.world.now - this.since) * this.rate
  }

  wall(): number {
    return this.wallOffset + this.now()
  }

  /** World milliseconds that so many of this machine take. */
  toWorld(ms: number): number {
    return ms / this.rate
  }

  standStill(): void {
    this.rebase(0)
    this.still = true
  }

  goOn(): void {
    this.rebase(0)
    this.still = false
  }

  leap(ms: number): void {
    this.rebase(ms)
  }

  setWall(byMs: number): void {
    this.wallOffset += byMs
  }

  private rebase(byMs: number): void {
    this.base = this.now() + byMs
    this.since = this.world.now
    this.changedAt = this.world.now
  }
}
