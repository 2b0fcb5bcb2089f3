// What an author returned can be written as JSON: the SDK answers with nothing where it cannot, and the client waits without
// an end (threat TL-45).

/** @throws TypeError for a BigInt, or for what contains itself. */
export function checkWritable<Given> (given: Given): Given {
  JSON.stringify(given)
  return given
}
