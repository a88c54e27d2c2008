/** The part of a connection that this uses. */
interface Endable {
  destroy(): void
  on(event: string, listener: () => void): unknown
}

/**
 * Gives what ends a connection of node-redis, which must not have begun to connect. One that is just being made, node-redis
 * forgets to end: it stays open and keeps the process running. So it is ended when it is there.
 */
export function endOfNodeRedis(client: Endable): () => void {
  let isConnecting = true
  let isEnded = false
  const end = (): void => {
    isEnded = true
    if (!isConnecting) destroy(client)
  }
  const attempted = (): void => {
    isConnecting = false
    if (isEnded) destroy(client)
  }
  client.on('reconnecting', () => {
    isConnecting = true
  })
  for (const event of ['connect', 'error', 'end']) client.on(event, attempted)
  return end
}

// Throws if the connection ended by itself before.
function destroy(client: Endable): void {
  try {
    client.destroy()
  } catch {}
}
