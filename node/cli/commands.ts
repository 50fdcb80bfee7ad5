/**
 * Which file registers which commands. Loading everything (libp2p, store, kernels, Dawn's bindings) takes two seconds,
 * so only the file of the command that was typed is loaded; all of them when none of these was, for the overview and for
 * "did you mean".
 */
import type { Command } from 'commander'

export interface CommandFile {
  readonly commands: readonly string[]
  load(): Promise<(program: Command) => void>
}

/** In the order of the overview. */
export const COMMAND_FILES: readonly CommandFile[] = [
  { commands: ['peer'], load: async () => (await import('./peer.ts')).registerPeer },
  { commands: ['submit'], load: async () => (await import('./submit.ts')).registerSubmit },
  {
    commands: ['jobs', 'job', 'logs', 'cancel', 'pause', 'resume', 'rm', 'weights'],
    load: async () => (await import('./jobs.ts')).registerJobs,
  },
  { commands: ['peers', 'coordinator', 'receipts'], load: async () => (await import('./peers.ts')).registerPeers },
  { commands: ['train'], load: async () => (await import('./train.ts')).registerTrain },
  { commands: ['eval'], load: async () => (await import('./eval.ts')).registerEval },
  { commands: ['estimate'], load: async () => (await import('./estimate.ts')).registerEstimate },
  { commands: ['example'], load: async () => (await import('./example.ts')).registerExample },
  { commands: ['data'], load: async () => (await import('./data.ts')).registerData },
  { commands: ['doctor'], load: async () => (await import('./doctor.ts')).registerDoctor },
  { commands: ['demo'], load: async () => (await import('../demo/demo.ts')).registerDemo },
  { commands: ['bench'], load: async () => (await import('./bench.ts')).registerBench },
  { commands: ['invite', 'top'], load: async () => (await import('./not-yet.ts')).registerNotYet },
]

/** The files to load for a first argument. */
export function filesFor(command: string | undefined): readonly CommandFile[] {
  const typed = COMMAND_FILES.filter(({ commands }) => command !== undefined && commands.includes(command))
  return typed.length > 0 ? typed : COMMAND_FILES
}
