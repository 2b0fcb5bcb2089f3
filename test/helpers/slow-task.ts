// A task for the workers' test whose code takes a second to load, as on a machine with much to do.
await new Promise((resolve) => setTimeout(resolve, 1_000))

export default (): number => process.pid
