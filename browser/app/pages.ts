/** Where each page's code is: fetched when it is first opened. */
import type { PageName } from './router.ts'

export const LOAD_PAGE: Readonly<Record<PageName, () => Promise<unknown>>> = {
  jobs: () => import('../pages/jobs/jobs-page.ts'),
  job: () => import('../pages/job/job-page.ts'),
  'new-job': () => import('../pages/new-job/new-job-page.ts'),
  contribute: () => import('../pages/contribute/contribute-page.ts'),
  peers: () => import('../pages/peers/peers-page.ts'),
  compare: () => import('../pages/compare/compare-page.ts'),
  try: () => import('../pages/try/try-page.ts'),
  log: () => import('../pages/log/log-page.ts'),
  settings: () => import('../pages/settings/settings-page.ts'),
}
