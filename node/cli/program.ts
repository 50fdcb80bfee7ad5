/**
 * Runs a commander program: its own complaints are wrong input (exit code 2), whatever is thrown becomes one line.
 */
import { type Command, CommanderError } from 'commander'
import { EXIT_OK, EXIT_WRONG_INPUT } from './errors.ts'
import { endQuietlyOnClosedPipe, leave, reportFailure } from './output.ts'

export async function runProgram(program: Command, argv: readonly string[]): Promise<never> {
  endQuietlyOnClosedPipe()
  try {
    await program.exitOverride().parseAsync([...argv])
    return await leave(EXIT_OK)
  } catch (error) {
    // Commander has written its message already.
    if (error instanceof CommanderError) return leave(error.exitCode === 0 ? EXIT_OK : EXIT_WRONG_INPUT)
    return leave(reportFailure(error, { json: argv.includes('--json'), debug: false }))
  }
}
