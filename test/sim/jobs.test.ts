/**
 * Jobs under faults: whatever was acknowledged ends once, in the same way everywhere, with accounts that add up.
 */
import { describeSeeds } from './seeds.ts'

// Prepared peers that never bid again, half-held peers, jobs lost with an unapplied log, lost commands, a
// last member that goes while others prepare, peers that prepare for a coordinator that is gone, a record that names a member
// who left.
describeSeeds('jobs', 300, [13, 23, 30, 32, 37, 71, 83, 106, 158, 173, 190, 351, 361, 1_001_183, 1_001_480, 1_002_875])
