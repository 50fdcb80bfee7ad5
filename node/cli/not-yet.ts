/**
 * Commands and options of the contract (DESIGN 8.2) that this version does not have: asked for, they are refused by name,
 * with what there is instead, and not with "unknown command". Each goes from here when it comes.
 */
import type { Command } from 'commander'
import { withCommonOptions } from './args.ts'
import { UsageError } from './errors.ts'
import { type Output, runCommand } from './output.ts'

const COMMANDS: readonly (readonly [name: string, instead: string])[] = [
  ['invite', 'every mesh is open; "cyxwiz peer --mesh NAME" joins one by name'],
  ['top', '"cyxwiz peers" and "cyxwiz jobs" show the present state'],
]

export function registerNotYet(program: Command): void {
  for (const [name, instead] of COMMANDS) {
    withCommonOptions(program.command(name, { hidden: true }))
      .description('not in this version')
      .allowUnknownOption()
      .allowExcessArguments()
      .action((options) =>
        runCommand(options, async (_output: Output) => {
          throw notInThisVersion(name, instead)
        }),
      )
  }
}

/** Reads an option's value by refusing it. */
export function notYet(option: string, instead: string): (value: string) => never {
  return () => {
    throw notInThisVersion(option, instead)
  }
}

export function notInThisVersion(what: string, instead: string): UsageError {
  return new UsageError(`${what}: not in this version; ${instead}`, 'UNSUPPORTED')
}
