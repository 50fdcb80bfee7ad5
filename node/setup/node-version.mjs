/**
 * The oldest Node that will do. Read by set-up on whatever Node there is, so it uses nothing newer itself.
 */

/** libp2p 3 and Vite 8 need it. */
const LEAST = /** @type {const} */ ([20, 19])

/**
 * @param {string} version `20.19.0`
 * @returns {import('./report.mjs').Problem[]}
 */
export function nodeProblems(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return []
  return [
    {
      what: `This is Node.js ${version}; CyxWiz needs ${LEAST.join('.')} or newer.`,
      why: 'The network and test libraries use parts of the language that older versions lack.',
      commands: {
        'Debian, Ubuntu, Fedora': 'nvm install 22    (or a package from https://nodejs.org/en/download)',
        macOS: 'brew install node@22',
        Windows: 'winget install OpenJS.NodeJS.LTS',
      },
    },
  ]
}
