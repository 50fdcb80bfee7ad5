import { dawnDevice } from './dawn.ts'
import { engineSuite } from './suites/engine.ts'

engineSuite(dawnDevice)
