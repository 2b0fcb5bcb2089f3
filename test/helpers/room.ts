// Runs the test files it is given in this process, one after the other: `node test/helpers/room.ts FILE …`. Starting Node, tap and
// the server again for each of them costs more processor time than most of the tests.
import { pathToFileURL } from 'node:url'

for (const file of process.argv.slice(2)) await import(pathToFileURL(file).href)
