// Property tests walk the same cases in every run, so that a failure shows itself to whoever changed something.
// `FAST_CHECK_SEED=7 npm test` walks others.
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['FAST_CHECK_SEED'] ?? 1) })

export default fc
