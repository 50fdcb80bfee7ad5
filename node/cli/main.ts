/**
 * `cyxwiz`: all commands. Each lives in its own file and registers itself here. Exit codes and `--json` are the same for
 * all (`output.ts`); commander's own complaints count as wrong input.
 */
import '../shim.ts'
import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { registerData } from './data.ts'
import { registerDoctor } from './doctor.ts'
import { EXIT_OK, EXIT_WRONG_INPUT } from './errors.ts'
import { registerEstimate } from './estimate.ts'
import { registerEval } from './eval.ts'
import { endQuietlyOnClosedPipe, leave, reportFailure } from './output.ts'
import { registerTrain } from './train.ts'

export function createProgram(): Command {
  const program = new Command('cyxwiz')
    .description("Train machine-learning models together on anybody's GPU: a libp2p mesh, WebGPU kernels, no server.")
    .version(VERSION)
    .exitOverride()
  registerTrain(program)
  registerEval(program)
  registerEstimate(program)
  registerData(program)
  registerDoctor(program)
  return program
}

export async function main(argv: readonly string[]): Promise<never> {
  endQuietlyOnClosedPipe()
  try {
    await createProgram().parseAsync([...argv])
    return await leave(EXIT_OK)
  } catch (error) {
    // Commander has written its message already.
    if (error instanceof CommanderError) return leave(error.exitCode === 0 ? EXIT_OK : EXIT_WRONG_INPUT)
    return leave(reportFailure(error, { json: argv.includes('--json'), debug: false }))
  }
}

await main(process.argv)
