/** True in builds of `--mode fake` (see vite.config.ts). */
declare const __FAKE__: boolean
