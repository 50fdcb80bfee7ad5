/**
 * The page's entry: theme first (so that nothing flashes), then the shell, then the session behind it. Everything heavy
 * comes by dynamic import. In builds of `--mode fake` the session runs on generated data.
 */
import './app/cyx-app.ts'
import type { CyxApp } from './app/cyx-app.ts'
import { keepForOffline } from './app/offline.ts'
import type { Session } from './session/types.ts'
import { theme } from './theme/theme.ts'

theme.install()

async function openSession(): Promise<Session> {
  if (__FAKE__) {
    const { createFakeSession } = await import('./session/fake.ts')
    return createFakeSession()
  }
  const { createLiveSession } = await import('./session/live.ts')
  return createLiveSession()
}

function begin(app: CyxApp): void {
  app.start(openSession)
}

if (import.meta.env.PROD && !__FAKE__) keepForOffline()

const app = document.querySelector('cyx-app')
if (app !== null) begin(app)
