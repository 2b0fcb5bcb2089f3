// One JSON-RPC request with a token, for tests of the audit log.

export const rpc = (url: string, token: string | undefined, method: string, params?: object) =>
  fetch(url, {
    method: 'POST',
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream'
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, ...(params && { params }) })
  })
