import type { BlobMeta } from '../blob-meta.ts'
import type { BodyFile } from './body-file.ts'
import type { KeyClaims } from './key-claims.ts'
import type { Staging } from './staging.ts'

/** Where one blob lives. */
export interface Place {
  readonly namespace: string
  /** `undefined` of a file whose key only its content can tell. */
  readonly key: string | undefined
  /** One word without spaces, the same in every process: what claims and the index call the blob. */
  readonly id: string
  /** Of the directory that gets the name. */
  readonly directory: string
  readonly path: string
}

/** A body that is written and only lacks its name. */
export interface Sealed {
  /** What it is called where equal bodies are stored once; `undefined` if it is stored for this entry alone. */
  readonly body: string | undefined
  /** Gives the name, in one step; under the claim of the place. Resolves to whether the name was flushed already, too. */
  publish(): Promise<boolean>
  /** Gives up what belongs to the body and was not published. */
  discard(): Promise<void>
}

/** Runs a task under the claim of a place. */
export type RunClaimed = <T>(place: Place, task: () => Promise<T>) => Promise<T>

/** What {@link BlobLayout.sweep} works with. */
export interface LayoutSweep {
  readonly namespace: string
  readonly claims: KeyClaims
  readonly claimed: RunClaimed
}

/** One blob that a scan found. */
export interface ScannedBlob {
  readonly id: string
  readonly meta: BlobMeta
  /** As {@link Sealed.body}. */
  readonly body: string | undefined
}

/**
 * How blobs become files. What changes something runs under the claim of the place. A damaged entry is a `DamagedEntry`
 * error, one that is not there `undefined`.
 */
export interface BlobLayout {
  /** Whether a first look can meet a writer half-way, which only one under the claim can tell from damage. */
  readonly isTwoStep: boolean
  /** Makes the directories, private or not, that everything else needs. */
  prepare(): Promise<void>
  /** Throws `UNAVAILABLE` where the file system cannot do what was asked for. */
  check?(): Promise<void>
  place(namespace: string, key: string): Place
  /** The place of the entry that the index calls `id`. */
  placeOf(id: string): Place | undefined
  open(place: Place): Promise<BodyFile | undefined>
  head(place: Place): Promise<BlobMeta | undefined>
  /**
   * As `head` of a place that {@link list} gave, on the spot, if that takes nothing but ordinary reads: for listings. `undefined`
   * says nothing.
   */
  headAtOnce?(place: Place): BlobMeta | undefined
  /** As `head`, with what the index wants to know. */
  inspect(place: Place): Promise<ScannedBlob | undefined>
  /** Writes what belongs to the body. */
  seal(staging: Staging, place: Place, meta: BlobMeta): Promise<Sealed>
  /** Removes the entry whatever it is; whether there was one. */
  remove(place: Place): Promise<boolean>
  /**
   * Treats the damaged files of the place as absent from now on. For layouts whose damaged entries may be what another
   * program is about to complete; those of the others are removed.
   */
  leaveOut?(place: Place): Promise<void>
  /** Puts right what a writer that died left at the place, if anything. */
  recover(place: Place): Promise<void>
  /** Puts right what writers that died left, if the layout has such a thing; gives how many. */
  sweep?(sweep: LayoutSweep): Promise<number>
  /** The places of the keys of the namespace that start with `prefix`, in the order of the keys' bytes. Iterated once. */
  list(namespace: string, prefix: string, onDamage: (error: unknown) => void): Promise<Iterable<Place>>
  /** Every place of the namespace that holds something, damaged or not. */
  places(namespace: string): Promise<Place[]>
  /** All entries of all namespaces that can be read. */
  scan(): AsyncGenerator<ScannedBlob>
}
