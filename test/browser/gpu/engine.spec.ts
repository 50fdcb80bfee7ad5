import { engineSuite } from '../../gpu/suites/engine.ts'
import { pageDevice } from './page-device.ts'

engineSuite(pageDevice)
