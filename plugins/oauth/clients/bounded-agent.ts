// Connections over TLS to hosts that strangers name, each with few bytes in all: also what never becomes a part of an answer,
// certificates and session tickets, is worked on, in one piece and on the event loop (threat CL-11).
// Tested in test/plugins/oauth/clients/bounded-agent.test.ts.
import { Agent, type RequestOptions } from 'node:https'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * From the first byte of the handshake to the last of the answer: 11 KB of certificates, several times what is common, with
 * the largest head and document. OpenSSL checks every name in a chain against every other certificate of it.
 */
export const MAX_RAW_BYTES = 24 * 1024

export class BoundedAgent extends Agent {
  override createConnection (options: RequestOptions, done: never): ReturnType<Agent['createConnection']> {
    const socket = bounded(connect(options as NetConnectOpts))
    return super.createConnection({ ...options, socket } as never, done)
  }
}

/** Through a stream of our own: what TLS reads from a socket itself, nothing here sees before it was worked on. */
function bounded (raw: Socket): Duplex {
  let bytes = 0
  const stream = new Duplex({
    read: () => { raw.resume() },
    write: (chunk: Buffer, _encoding, done) => { raw.write(chunk, done) },
    final: (done) => { raw.end(done) },
    destroy: (error, done) => {
      raw.destroy()
      done(error)
    }
  })
  raw.on('data', (chunk) => {
    bytes += chunk.length
    if (bytes > MAX_RAW_BYTES) stream.destroy(Object.assign(new Error('too many bytes'), { code: 'TOO_MANY_BYTES' }))
    else if (!stream.push(chunk)) raw.pause()
  })
  raw.once('end', () => { stream.push(null) })
  raw.on('error', (error) => { stream.destroy(error) })
  raw.once('close', () => { stream.destroy() })
  return stream
}
