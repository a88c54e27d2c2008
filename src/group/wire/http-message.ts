/** The header that nodes of coldsnap put on every answer, so that others know them; lower case. */
export const markHeader = 'x-coldsnap'

/** The version of our extensions: the value of {@link markHeader}. */
export const markVersion = '1'

/** The path of what removes many keys, and of our extension that gets many, in place of a key. */
export const operations = { removeKeys: '_remove-keys/', getKeys: '_get-keys/' } as const

/** The media type of messages. */
export const messageType = 'application/x-protobuf'

/** The media type of errors. */
export const errorType = 'text/plain; charset=utf-8'

/** What is sent to a peer. */
export interface PeerRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE' | 'POST'
  /** The request target: to be sent as it is, for a client that tidies up paths changes some keys. */
  readonly target: string
  readonly body?: Uint8Array | undefined
}

/** An answer over HTTP, on its way out or in. */
export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. Lengths and encodings are the transport's. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}
