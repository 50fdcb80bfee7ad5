import { deviceSuite } from '../../gpu/suites/device.ts'
import { pageDevice } from './page-device.ts'

deviceSuite(pageDevice)
