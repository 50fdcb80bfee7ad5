import { describe } from 'vitest'
import { MemoryStore } from '../../../../protocol/memory-store.ts'
import { storeSuite } from './suite.ts'

describe('the store in memory', () => {
  storeSuite(async () => {
    const store = new MemoryStore()
    return { store, reopen: async () => store }
  })
})
