/** `cyxwiz data ls | add NAME | path NAME`: data sets by name on this machine. */
import type { Command } from 'commander'
import { addDataset, listDatasets, resolveDataset } from '../data/datasets.ts'
import { formatBytes, table } from '../events/index.ts'
import { type CommonOptions, withCommonOptions } from './args.ts'
import { runCommand } from './output.ts'

export function registerData(program: Command): void {
  const data = program.command('data').description('data sets on this machine')
  withCommonOptions(data.command('ls'))
    .description('list the data sets that have a name')
    .action((options: CommonOptions) =>
      runCommand(options, async (output) => {
        const all = listDatasets()
        const rows = all.map(({ name, installed, bytes, description }) => [name, installed ? 'installed' : 'not here', formatBytes(bytes), description])
        output.result(all, table(rows))
        return undefined
      }),
    )
  withCommonOptions(data.command('add'))
    .description('install a data set')
    .argument('<name>', 'name of a data set')
    .action((name: string, options: CommonOptions) =>
      runCommand(options, async (output) => {
        const info = await addDataset(name)
        output.result(info, `${info.name} is installed in ${info.path ?? '?'}`)
        return undefined
      }),
    )
  withCommonOptions(data.command('path'))
    .description('print where the files of a data set lie')
    .argument('<name>', 'name of a data set')
    .action((name: string, options: CommonOptions) =>
      runCommand(options, async (output) => {
        const dataset = await resolveDataset(name)
        output.result(dataset, dataset.parts.map(({ location }) => location).join('\n'))
        return undefined
      }),
    )
}
