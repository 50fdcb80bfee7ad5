import { dawnDevice } from './dawn.ts'
import { opSuite } from './suites/ops.ts'

opSuite(dawnDevice)
