// Loaded into every test (.taprc): the processes that a test starts have the environment that they would have in
// production, and nothing of tap's.
import processOnSpawn from 'process-on-spawn'

// tap's recorder of loaded files adds itself to NODE_OPTIONS of every child. A worker, which may reach nothing, cannot
// start with it.
processOnSpawn.removeAllListeners()
processOnSpawn.addListener = () => {
  /* and none comes later */
}
