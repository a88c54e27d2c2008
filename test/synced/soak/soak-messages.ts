/** What a process of the soak is told. */
export type ToChild =
  | { readonly kind: 'load'; readonly id: number }
  | { readonly kind: 'rest'; readonly id: number }
  | { readonly kind: 'look'; readonly id: number }
  | { readonly kind: 'weigh'; readonly id: number }
  | { readonly kind: 'end' }

/** What it tells. */
export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly found?: Found; readonly bytes?: number }
  | { readonly kind: 'problem'; readonly text: string }

/** What a process answers for every key: JSON, `null` for absent, or the code of an error. */
export interface Found {
  readonly values: readonly (string | null)[]
  readonly counts: Readonly<Record<string, number>>
}
