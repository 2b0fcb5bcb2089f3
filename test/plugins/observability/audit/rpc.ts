// One JSON-RPC request with a token, for tests of the audit log.

/** @returns the answer when all of it is there: one that takes a while begins before the tool has run. */
export async function rpc (url: string, token: string | undefined, method: string, params?: object): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream'
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, ...(params && { params }) })
  })
  return new Response(await response.text(), response)
}
