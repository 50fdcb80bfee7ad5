/**
 * What set-up says, and how: progress lines on stderr only (stdout belongs to the command that runs afterwards), and
 * one closing message for everything that could not be mended. Dependency-free: runs before node_modules exists.
 */

/** @param {string} line */
export function say(line) {
  process.stderr.write(`setup: ${line}\n`)
}

/**
 * Something set-up could not mend.
 * @typedef {object} Problem
 * @property {string} what one line: what is missing
 * @property {string} why one line: what it is needed for, and why set-up did not install it
 * @property {Record<string, string>} commands what to type, by system
 */

/**
 * The one message a person gets when set-up cannot go on.
 * @param {readonly Problem[]} problems
 */
export function problemMessage(problems) {
  const lines = ['CyxWiz cannot start yet:']
  for (const problem of problems) {
    lines.push('', `  ${problem.what}`, `  ${problem.why}`)
    const width = Math.max(...Object.keys(problem.commands).map((system) => system.length))
    for (const [system, command] of Object.entries(problem.commands)) {
      lines.push(`    ${`${system}:`.padEnd(width + 1)}  ${command}`)
    }
  }
  lines.push('', 'Then run the same command again (CYXWIZ_SETUP=off skips these checks).')
  return `${lines.join('\n')}\n`
}
