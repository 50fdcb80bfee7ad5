import { dawnDevice } from './dawn.ts'
import { mixedSuite } from './suites/mixed.ts'

mixedSuite(dawnDevice)
