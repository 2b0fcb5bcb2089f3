// What every server of the bench tells when it is asked: the time it has had of the processor, and the memory it holds.

export interface Usage {
  /** Microseconds. */
  cpu: number
  /** Bytes. */
  rss: number
}

export function tellUsage (): void {
  process.on('message', (message) => {
    if (message !== 'usage') return
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system, rss: process.memoryUsage.rss() } satisfies Usage)
  })
  // Nothing is left of a bench that fails.
  process.once('disconnect', () => process.exit(1))
  process.send?.('ready')
}
