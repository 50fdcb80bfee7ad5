import { engineSuite } from '../../gpu/suites/engine.ts'
import { guardSuite } from '../../gpu/suites/guard.ts'
import { pageDevice } from './page-device.ts'

engineSuite(pageDevice)
guardSuite(pageDevice)
