/**
 * What tabs of one browser tell each other: that settings changed, who holds the identity, what the holder does, that
 * storage was cleared, and a viewer's wish to become the contributor. Same origin only; messages of another version of
 * the page are dropped where they are not understood.
 */
export type TabMessage =
  /** Read the settings again. */
  | { readonly type: 'settings' }
  /** Recent meshes, drafts, projects or totals changed. */
  | { readonly type: 'page'; readonly table: 'meshes' | 'drafts' | 'projects' | 'contributions' | 'metrics' }
  /** The contributor, to the others: on taking the role, on changes, and as the answer to `who`. */
  | { readonly type: 'holder'; readonly peerId: string | null; readonly mesh: string | null; readonly status: string }
  /** A new viewer asks the holder to introduce itself. */
  | { readonly type: 'who' }
  /** The holder is leaving by its own will; the lock follows. */
  | { readonly type: 'leaving' }
  /** A viewer's person wants to contribute from there: the holder should stop and give the lock back. */
  | { readonly type: 'hand-over' }
  /** Everything stored was deleted: reload. */
  | { readonly type: 'cleared' }

const TYPES: ReadonlySet<string> = new Set<TabMessage['type']>(['settings', 'page', 'holder', 'who', 'leaving', 'hand-over', 'cleared'])

export interface TabChannel {
  /** To all other tabs of this browser; never to this one. */
  tell(message: TabMessage): void
  close(): void
}

/** `name` as the lock's; the listener must not throw. */
export function openTabChannel(name: string, onMessage: (message: TabMessage) => void): TabChannel {
  if (typeof BroadcastChannel === 'undefined') return { tell: () => {}, close: () => {} }
  const channel = new BroadcastChannel(`cyxwiz:tabs:${name}`)
  let open = true
  channel.onmessage = (event: MessageEvent<unknown>) => {
    const { data } = event
    if (open && typeof data === 'object' && data !== null && 'type' in data && TYPES.has(String(data.type))) onMessage(data as TabMessage)
  }
  return {
    tell(message) {
      if (open) channel.postMessage(message)
    },
    close() {
      open = false
      channel.close()
    },
  }
}
