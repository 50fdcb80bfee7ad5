/**
 * Where set-up keeps things: its own notes inside `node_modules` (gone with it), data sets in the user's data folder
 * (kept between clones).
 */
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export const CACHE = join(ROOT, 'node_modules', '.cache', 'cyxwiz')

/**
 * The user's data folder for CyxWiz, by the platform's convention.
 * @param {NodeJS.ProcessEnv} [env]
 * @param {NodeJS.Platform} [platform]
 * @param {string} [home]
 */
export function userDataDirectory(env = process.env, platform = process.platform, home = homedir()) {
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'cyxwiz')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'cyxwiz')
  // The XDG specification ignores relative values.
  const asked = env.XDG_DATA_HOME
  return join(asked?.startsWith('/') ? asked : join(home, '.local', 'share'), 'cyxwiz')
}

/** Where `cyxwiz data add` and set-up put data sets. */
export const datasetsDirectory = () => process.env.CYXWIZ_DATASETS_DIR ?? join(userDataDirectory(), 'datasets')
