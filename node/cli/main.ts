/**
 * `cyxwiz`: all commands. Exit codes and `--json` are the same for all (`output.ts`); commander's own complaints count as
 * wrong input.
 */
import '../shim.ts'
import type { Command } from 'commander'
import { VERSION } from '../version.ts'
import { filesFor } from './commands.ts'
import { newProgram, runProgram } from './program.ts'

async function createProgram(command: string | undefined): Promise<Command> {
  const program = newProgram('cyxwiz')
    .description("Train machine-learning models together on anybody's GPU: a libp2p mesh, WebGPU kernels, no server.")
    .version(VERSION)
  if (command === '--version' || command === '-V') return program
  for (const { load } of filesFor(command)) (await load())(program)
  return program
}

await runProgram(await createProgram(process.argv[2]), process.argv)
