/**
 * Entry of `npm run demo`: the same as `cyxwiz demo`.
 */
import '../shim.ts'
import { Command } from 'commander'
import { runProgram } from '../cli/program.ts'
import { demoCommand } from './demo.ts'

await runProgram(demoCommand(new Command('demo')), process.argv)
