/** What a call needs of an `AbortSignal`: real ones have it, and so has a `CallController`. */
export interface CallSignal {
  /** Whether the call was given up. */
  readonly aborted: boolean
  /** Why it was. */
  readonly reason: unknown
  /** Has `listener` called when it is given up. */
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: boolean }): void
  /** Ends that. */
  removeEventListener(type: 'abort', listener: () => void): void
}
