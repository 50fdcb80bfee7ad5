import { dawnDevice } from './dawn.ts'
import { splitSuite } from './suites/split.ts'

splitSuite(dawnDevice)
