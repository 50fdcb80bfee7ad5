/**
 * Who may import whom (DESIGN section 2), checked by `npm run check` with dependency-cruiser. Type imports count too
 * (`tsPreCompilationDeps`). `test/unit/setup/boundaries.test.ts` proves that each rule bites.
 */
const builtin = { dependencyTypes: ['core'] }
/** Type-only imports are edges of their own kind, with `type-only` among their dependency types. */
const values = { dependencyTypesNot: ['type-only'] }

/** Runs in Node when the dashboard is built; no tab loads it. */
const BUILD = '^browser/vite\\.config\\.ts$'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one concept, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: values },
    },
    {
      name: 'kernels-know-nothing-of-ours',
      comment: 'The training core works without a network, in any host.',
      severity: 'error',
      from: { path: '^kernels/' },
      to: { path: '^(protocol|node|browser|test)/' },
    },
    {
      name: 'protocol-takes-only-types-from-kernels',
      comment: 'Kernels come in by injection, so that the simulator runs without a GPU.',
      severity: 'error',
      from: { path: '^protocol/' },
      to: { path: '^kernels/', ...values },
    },
    {
      name: 'protocol-knows-no-host',
      severity: 'error',
      from: { path: '^protocol/' },
      to: { path: '^(node|browser|test)/' },
    },
    {
      name: 'no-node-built-ins-in-shared-code',
      comment: 'kernels/ and protocol/ run in tabs too.',
      severity: 'error',
      from: { path: '^(kernels|protocol)/' },
      to: builtin,
    },
    { name: 'node-without-browser', severity: 'error', from: { path: '^node/' }, to: { path: '^(browser|test)/' } },
    { name: 'browser-without-node', severity: 'error', from: { path: '^browser/' }, to: { path: '^(node|test)/' } },
    { name: 'no-node-built-ins-in-tabs', severity: 'error', from: { path: '^browser/', pathNot: BUILD }, to: builtin },
    {
      name: 'set-up-needs-nothing',
      comment: 'node/setup runs before node_modules exists; only its probe loads packages, in a process of its own.',
      severity: 'error',
      from: { path: '^node/setup/', pathNot: '^node/setup/probe\\.mjs$' },
      to: { pathNot: '^node/setup/', dependencyTypesNot: ['core', 'type-only'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'A package that only another package brought along can vanish with it.',
      severity: 'error',
      from: { path: '^(kernels|protocol|node|browser)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'undetermined'] },
    },
    {
      name: 'no-test-packages-at-run-time',
      severity: 'error',
      from: { path: '^(kernels|protocol|node|browser)/', pathNot: BUILD },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Built from what is checked here.
    exclude: { path: '^browser/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
