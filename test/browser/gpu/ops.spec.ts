import { opSuite } from '../../gpu/suites/ops.ts'
import { pageDevice } from './page-device.ts'

opSuite(pageDevice)
