import type { Call } from './churn-node.ts'
import type { Found } from './ledger.ts'

/** What a node of its own process is told. */
export type ToChild =
  | { readonly kind: 'call'; readonly id: number; readonly call: Call }
  | { readonly kind: 'peers'; readonly id: number; readonly peers: readonly string[]; readonly self: string }
  | { readonly kind: 'version'; readonly id: number; readonly version: number }
  | { readonly kind: 'end' }

/** What it tells. */
export type FromChild =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'done'; readonly id: number; readonly found: Found[] }
  | { readonly kind: 'load'; readonly id: number; readonly name: string }
  | { readonly kind: 'problem'; readonly text: string }
