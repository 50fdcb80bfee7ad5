/**
 * The election core under faults: every invariant of `invariants.ts` after every step, a leader and equal logs afterwards.
 */
import { describeSeeds } from './seeds.ts'

// Swapped lines, forgotten promises, a dead leader's claim for ever, claims that prove nothing, stragglers, lies that
// are acted on after a save.
describeSeeds('election', 700, [8, 45, 63, 70, 107, 168, 186, 288, 1345, 1632, 3273, 4011, 20_358, 1_002_363, 1_004_756, 1_005_650, 1_007_052, 1_011_912])
