/** Runs the session load given as JSON in the only argument and ends with one line of JSON. */
import { orderShape, runSessionLoad } from './session-load.ts';

console.log(JSON.stringify(await runSessionLoad(orderShape.parse(JSON.parse(process.argv[2] ?? '')))));
