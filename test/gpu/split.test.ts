import { dawnDevice } from './dawn.ts'
import { splitSuite } from './suites/split.ts'
import { splitTrainingSuite } from './suites/split-training.ts'

splitSuite(dawnDevice)
splitTrainingSuite(dawnDevice)
