import { dawnDevice } from './dawn.ts'
import { predictorSuite } from './suites/predictor.ts'

predictorSuite(dawnDevice)
