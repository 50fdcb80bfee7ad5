/**
 * Entry of `npm run demo`: the same as `cyxwiz demo`.
 */
import '../shim.ts'
import { newProgram, runProgram } from '../cli/program.ts'
import { demoCommand } from './demo.ts'

await runProgram(demoCommand(newProgram('demo')), process.argv)
