// An HTTP server that keeps every byte of what it is sent, for tests of what goes out to an upstream.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

interface Teardown {
  teardown(work: () => Promise<void>): void
}

export interface ReceivedRequest {
  method: string
  path: string
  /** Names in lower case. */
  headers: IncomingMessage['headers']
  body: string
}

export interface RecordingUpstream {
  url: string
  /** In the order of their arrival, with the whole body. */
  requests: ReceivedRequest[]
  /** Sockets that are open now. */
  sockets: Set<Socket>
  /** Whatever came over any socket, as it came. */
  bytes(): string
  close(): Promise<void>
}

/** @param answer is called when a request is there as a whole. */
export async function startRecordingUpstream (
  t: Teardown,
  answer: (request: ReceivedRequest, response: ServerResponse) => void
): Promise<RecordingUpstream> {
  const chunks: Buffer[] = []
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming, response) => {
    const body: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => body.push(chunk))
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming
      const request = { method, path, headers, body: Buffer.concat(body).toString() }
      requests.push(request)
      answer(request, response)
    })
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {
      /* 'close' follows */
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  t.teardown(close)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    requests,
    sockets,
    bytes: () => Buffer.concat(chunks).toString('latin1'),
    close
  }
}
