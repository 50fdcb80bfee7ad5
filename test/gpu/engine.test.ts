import { dawnDevice } from './dawn.ts'
import { engineSuite } from './suites/engine.ts'
import { guardSuite } from './suites/guard.ts'

engineSuite(dawnDevice)
guardSuite(dawnDevice)
