// A client that has reset its connection before the server takes it: nobody can say any more where it came from.
import { Worker } from 'node:worker_threads'

const CLIENT = `
const { connect } = require('node:net')
const { workerData: { url, request, gone } } = require('node:worker_threads')
const { hostname, port } = new URL(url)
const socket = connect(Number(port), hostname, () => socket.write(request, () => socket.resetAndDestroy()))
socket.on('error', () => {})
socket.once('close', () => {
  Atomics.store(gone, 0, 1)
  Atomics.notify(gone, 0)
})`

/**
 * Nothing else of this process runs meanwhile: the server takes the connection afterwards.
 * @param head lines of it. @returns once the client has gone.
 */
export function sendAndGo (url: string, head: string[], body = ''): void {
  const gone = new Int32Array(new SharedArrayBuffer(4))
  const lines = [...head, `host: ${new URL(url).host}`, `content-length: ${Buffer.byteLength(body)}`, '', body]
  const worker = new Worker(CLIENT, { eval: true, workerData: { url, request: lines.join('\r\n'), gone } })
  worker.unref()
  if (Atomics.wait(gone, 0, 0, 20_000) !== 'ok') throw new Error('the client has not sent its request')
}
