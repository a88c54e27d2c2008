import { Endpoint, type EndpointOptions, notFoundAnswer } from './endpoint.ts'
import type { PeerService } from './peer-service.ts'
import { readCapped } from './read-capped.ts'
import type { HttpAnswer } from './wire/http-message.ts'

/**
 * Answers peers by the Fetch API: mount it under `basePath` on Hono, Deno, Bun or a Worker. Limits on connections, headers
 * and time are the server's. Keys `.` and `..` cannot be asked for here: `Request` takes them out of its URL.
 */
export function fetchHandler(
  node: { readonly service: PeerService },
  options: EndpointOptions = {},
): (request: Request) => Promise<Response> {
  const endpoint = new Endpoint(node, options)
  return async request => {
    const { pathname, search } = new URL(request.url)
    const target = pathname + search
    if (!endpoint.covers(target)) return responseOf(request, notFoundAnswer())
    const answer = await endpoint.answer({
      method: request.method,
      target,
      header: name => request.headers.get(name) ?? undefined,
      signal: request.signal,
      read: () => readCapped(request.body, endpoint.maxBodyBytes),
    })
    return responseOf(request, answer)
  }
}

function responseOf({ method }: Request, { status, headers, body }: HttpAnswer): Response {
  const length = { 'content-length': String(body.byteLength) }
  return new Response(method === 'HEAD' ? null : (body as Uint8Array<ArrayBuffer>), {
    status,
    headers: { ...headers, ...length },
  })
}
