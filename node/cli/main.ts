/**
 * `cyxwiz`: all commands. Each lives in its own file and registers itself here. Exit codes and `--json` are the same for
 * all (`output.ts`); commander's own complaints count as wrong input.
 */
import '../shim.ts'
import { Command } from 'commander'
import { registerDemo } from '../demo/demo.ts'
import { VERSION } from '../version.ts'
import { registerData } from './data.ts'
import { registerDoctor } from './doctor.ts'
import { registerEstimate } from './estimate.ts'
import { registerEval } from './eval.ts'
import { registerJobs } from './jobs.ts'
import { registerPeer } from './peer.ts'
import { registerPeers } from './peers.ts'
import { runProgram } from './program.ts'
import { registerSubmit } from './submit.ts'
import { registerTrain } from './train.ts'

export function createProgram(): Command {
  const program = new Command('cyxwiz')
    .description("Train machine-learning models together on anybody's GPU: a libp2p mesh, WebGPU kernels, no server.")
    .version(VERSION)
    .exitOverride() // before the commands are made: they inherit it
  registerPeer(program)
  registerSubmit(program)
  registerJobs(program)
  registerPeers(program)
  registerTrain(program)
  registerEval(program)
  registerEstimate(program)
  registerData(program)
  registerDoctor(program)
  registerDemo(program)
  return program
}

await runProgram(createProgram(), process.argv)
