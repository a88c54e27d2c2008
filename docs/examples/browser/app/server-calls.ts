import type { Netmap, Peer, ServerSettings } from './netmap.ts'

// Without `no-store` Chromium lets the second of two equal requests wait for the first.
/** The network map, fresh from the server, and its size as JSON. */
export async function fetchNetmap(): Promise<{ readonly netmap: Netmap; readonly bytes: number }> {
  const body = await (await ask('api/netmap', { cache: 'no-store' })).arrayBuffer()
  return { netmap: JSON.parse(new TextDecoder().decode(body)) as Netmap, bytes: body.byteLength }
}

/** Has the server change one peer. Gives it as it is now. */
export async function changePeer(): Promise<Peer> {
  return (await (await ask('api/change', { method: 'POST' })).json()) as Peer
}

export async function readSettings(): Promise<ServerSettings> {
  return (await (await ask('api/settings')).json()) as ServerSettings
}

export async function writeSettings(settings: ServerSettings): Promise<void> {
  await ask('api/settings', { method: 'POST', body: JSON.stringify(settings) })
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, init)
  if (!response.ok) throw new Error(`The server answered ${response.status}`)
  return response
}
