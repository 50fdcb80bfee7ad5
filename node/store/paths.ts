/**
 * Where a peer keeps its data when nobody says otherwise: the platform's convention for per-user application data.
 * `CYXWIZ_DATA_DIR` overrides it; a command line option overrides both.
 */
import { homedir } from 'node:os'
import { join, posix, win32 } from 'node:path'

export interface PathSurroundings {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

export function defaultDataDir(around: PathSurroundings = { platform: process.platform, env: process.env, home: homedir() }): string {
  const { platform, env, home } = around
  if (env.CYXWIZ_DATA_DIR) return env.CYXWIZ_DATA_DIR
  if (platform === 'win32') return win32.join(env.LOCALAPPDATA || win32.join(home, 'AppData', 'Local'), 'cyxwiz')
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'cyxwiz')
  // The XDG base directory rules: a relative path is to be ignored.
  const base = env.XDG_DATA_HOME?.startsWith('/') ? env.XDG_DATA_HOME : posix.join(home, '.local', 'share')
  return posix.join(base, 'cyxwiz')
}

export function databasePath(dataDir: string): string {
  return join(dataDir, 'cyxwiz.db')
}

export function lockPath(dataDir: string): string {
  return join(dataDir, 'lock.db')
}

export function blobsPath(dataDir: string): string {
  return join(dataDir, 'blobs')
}
