/** `cyxwiz example [NAME]`: job files to start from, the ones that the dashboard offers too. */
import type { Command } from 'commander'
import { EXAMPLES } from '../../protocol/jobs/examples.ts'
import { table } from '../events/index.ts'
import { type CommonOptions, withCommonOptions } from './args.ts'
import { UsageError } from './errors.ts'
import { type Output, runCommand } from './output.ts'

export function registerExample(program: Command): void {
  withCommonOptions(program.command('example'))
    .description('print an example job file; without a name, which there are')
    .argument('[name]', 'one of the examples')
    .action((name: string | undefined, options: CommonOptions) => runCommand(options, async (output) => example(name, output)))
}

function example(name: string | undefined, output: Output): undefined {
  if (name === undefined) {
    output.result(
      EXAMPLES.map(({ name, title, text }) => ({ name, title, text })),
      `${table(EXAMPLES.map(({ name, text }) => [name, text]))}\n\ncyxwiz example NAME > job.json writes one down`,
    )
    return
  }
  const found = EXAMPLES.find((candidate) => candidate.name === name)
  if (found === undefined) throw new UsageError(`example: there is none named "${name}"; there are ${EXAMPLES.map((known) => known.name).join(', ')}`)
  output.result(found.job, JSON.stringify(found.job, null, 2))
}
