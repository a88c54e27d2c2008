import { CacheError } from '../errors.ts'
import { type BlobBody, cancelBody, isResponse } from './blob-body.ts'
import type { BlobHit } from './blob-hit.ts'
import type { BlobFields } from './blob-meta.ts'

/** What a fetcher is told. */
export interface FetchContext {
  /** The key to fetch. */
  readonly key: string
  /** Aborted when nobody waits for the result any more, or the cache is closed. */
  readonly signal: AbortSignal
  /** What is cached, if anything, for a conditional request: `stale.meta.sourceEtag`. It may be too old to be served. */
  readonly stale: BlobHit | undefined
}

/** A body with what is known of it. */
export interface FetchedBody extends BlobFields {
  /** The body; a stream is read once, to its end. */
  readonly body: BlobBody
}

/**
 * What a fetcher may give. `undefined`, and a `Response` of 404 or 410, is: there is no such thing. A `Response` of 304 is:
 * what is cached is still right. A `Response` of another status than 2xx is a failure.
 */
export type Fetched = BlobBody | FetchedBody | undefined

/** Gets the body of a key from where it comes from. */
export type BlobFetcher = (context: FetchContext) => Promise<Fetched> | Fetched

/** What a fetch came to. */
export type FetchOutcome =
  | { readonly kind: 'body'; readonly body: BlobBody; readonly fields: BlobFields }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'absent' }

/** What `fetched` means. A response that cannot be used throws `LOAD_FAILED`, its body cancelled. */
export async function outcomeOf(fetched: Fetched): Promise<FetchOutcome> {
  if (fetched === undefined) return { kind: 'absent' }
  if (isResponse(fetched)) return await responseOutcome(fetched)
  if (isFetchedBody(fetched)) {
    const { body, ...fields } = fetched
    if (!isResponse(body)) return { kind: 'body', body, fields }
    const outcome = await responseOutcome(body)
    return outcome.kind === 'body' ? { ...outcome, fields: { ...outcome.fields, ...defined(fields) } } : outcome
  }
  return { kind: 'body', body: fetched, fields: {} }
}

async function responseOutcome(response: Response): Promise<FetchOutcome> {
  if (response.ok && response.status !== 206) {
    const sourceEtag = response.headers.get('etag') ?? undefined
    return { kind: 'body', body: response, fields: { sourceEtag } }
  }
  await cancelBody(response)
  if (response.status === 304) return { kind: 'unchanged' }
  if (response.status === 404 || response.status === 410) return { kind: 'absent' }
  throw new CacheError('LOAD_FAILED', `Cannot fetch a blob: found status ${response.status}, wanted 200`)
}

function isFetchedBody(fetched: Exclude<Fetched, undefined>): fetched is FetchedBody {
  return typeof fetched === 'object' && 'body' in fetched
}

function defined(fields: BlobFields): BlobFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
