/**
 * Makes and runs a commander program: its complaints are wrong input (exit code 2) and look like every other failure, one
 * line on stderr and with `--json` an `error` event; whatever is thrown becomes one, too.
 */
import { Command, CommanderError } from 'commander'
import { EXIT_OK, EXIT_WRONG_INPUT } from './errors.ts'
import { endQuietlyOnClosedPipe, leave, reportFailure } from './output.ts'

/** To be made here before its commands are: they inherit what is set. */
export function newProgram(name: string): Command {
  // Commander would write complaints itself, in its own words, on several lines.
  return new Command(name).exitOverride().configureOutput({ outputError: () => {} })
}

export async function runProgram(program: Command, argv: readonly string[]): Promise<never> {
  endQuietlyOnClosedPipe()
  try {
    await program.parseAsync([...argv])
    return await leave(EXIT_OK)
  } catch (error) {
    const isHelp = error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')
    if (isHelp) return leave(error.exitCode === 0 ? EXIT_OK : EXIT_WRONG_INPUT)
    return leave(reportFailure(error, { json: argv.includes('--json'), debug: false }))
  }
}
