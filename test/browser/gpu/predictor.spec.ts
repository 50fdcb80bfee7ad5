import { predictorSuite } from '../../gpu/suites/predictor.ts'
import { pageDevice } from './page-device.ts'

predictorSuite(pageDevice)
