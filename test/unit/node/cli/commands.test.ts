import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { COMMAND_FILES, filesFor } from '../../../../node/cli/commands.ts'

describe('the table of commands', () => {
  it('says of each file which commands it registers, no more and no fewer', async () => {
    for (const { commands, load } of COMMAND_FILES) {
      const program = new Command('cyxwiz')
      ;(await load())(program)
      expect(program.commands.map((command) => command.name())).toEqual(commands)
      for (const command of program.commands.filter((one) => one.commands.length === 0)) {
        expect(command.description(), command.name()).not.toBe('')
        expect(
          command.options.map((option) => option.long),
          command.name(),
        ).toContain('--json')
      }
    }
  })

  it('loads one file for a command and all for anything else', () => {
    expect(filesFor('cancel').map(({ commands }) => commands[0])).toEqual(['jobs'])
    for (const other of [undefined, '--help', 'trian', 'constructor']) expect(filesFor(other)).toBe(COMMAND_FILES)
  })
})
